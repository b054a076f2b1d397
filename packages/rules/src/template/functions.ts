/** The functions of alert templates: Prometheus's own, and those of Go's `text/template`. */
import { isIP } from "node:net";
import { ClewError, goRegExp, messageOf } from "@clew/base";
import { goGeneralText, parsePrometheusDuration } from "@clew/query";
import { builtins } from "./builtins.ts";
import { durationValue, timeText, timeValue } from "./go-time.ts";
import { humanize, humanize1024, humanizeDuration, humanizePercentage, secondsToMs, toFloat } from "./humanize.ts";
import { StringMap, Structure, type Value, valueText } from "./values.ts";

/** What an argument has to be; `any` takes everything. */
export type ParameterType = "string" | "any" | "sample" | "queryResult";

export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Whether the last parameter may stand any number of times. */
  readonly variadic?: boolean;
  /** May throw an `Error` in Go's words. */
  readonly call: (...args: readonly never[]) => Value;
}

export interface FunctionSettings {
  /** The answer of a query, or a throw where it is not there yet. */
  readonly query: (query: string) => readonly Structure[];
  /** When the rule is evaluated. */
  readonly timeMs: number;
  readonly externalUrl: string;
}

export function templateFunctions(settings: FunctionSettings): Readonly<Record<string, TemplateFunction>> {
  // Made for each expansion: only those are new that need to be.
  return Object.assign(Object.create(FIXED_FUNCTIONS) as object, contextFunctions(settings));
}

export const textFunctions: Readonly<Record<string, TemplateFunction>> = {
  title: ofText((text) => text.replace(/[\p{L}\p{N}_'’.]+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1))),
  toUpper: ofText((text) => text.toUpperCase()),
  toLower: ofText((text) => text.toLowerCase()),
  safeHtml: ofText((text) => text),
  urlQueryEscape: ofText(urlQueryEscaped),
  graphLink: ofText((query) => `/graph?g0.expr=${urlQueryEscaped(query)}&g0.tab=0`),
  tableLink: ofText((query) => `/graph?g0.expr=${urlQueryEscaped(query)}&g0.tab=1`),
  stripPort: ofText((address) => hostAndPort(address)?.host ?? address),
  stripDomain: ofText(withoutDomain),
  parseDuration: { parameters: ["string"], call: secondsOfDuration },
  match: {
    parameters: ["string", "string"],
    call: (pattern: string, text: string) => compiled(pattern).test(text),
  },
  reReplaceAll: {
    parameters: ["string", "string", "string"],
    call: (pattern: string, replacement: string, text: string) => replacedAll(pattern, replacement, text),
  },
};

const numberFunctions: Readonly<Record<string, TemplateFunction>> = {
  humanize: ofNumber(humanize),
  humanize1024: ofNumber(humanize1024),
  humanizeDuration: ofNumber(humanizeDuration),
  humanizePercentage: ofNumber(humanizePercentage),
  humanizeTimestamp: ofNumber((value) => {
    const seconds = toFloat(value);
    return Number.isFinite(seconds) ? timeText(secondsToMs(seconds)) : goGeneralText(seconds);
  }),
  toTime: ofNumber((value) => timeValue(secondsToMs(toFloat(value)))),
  toDuration: ofNumber((value) => durationValue(toFloat(value) * 1000)),
};

const resultFunctions: Readonly<Record<string, TemplateFunction>> = {
  first: {
    parameters: ["queryResult"],
    call: (result: readonly Structure[]) => {
      if (result[0] === undefined) throw new Error("first() called on vector with no elements");
      return result[0];
    },
  },
  label: { parameters: ["string", "sample"], call: (name: string, sample: Structure) => labelOf(sample, name) },
  value: { parameters: ["sample"], call: (sample: Structure) => sample.fields["Value"] },
  strvalue: { parameters: ["sample"], call: (sample: Structure) => labelOf(sample, "__value__") },
  sortByLabel: {
    parameters: ["string", "queryResult"],
    call: (name: string, result: readonly Structure[]) =>
      result.toSorted((a, b) => compareTexts(valueText(labelOf(a, name)), valueText(labelOf(b, name)))),
  },
  args: {
    parameters: ["any"],
    variadic: true,
    call: (...args: readonly Value[]) =>
      new StringMap(
        args.map((arg, i) => [`arg${i}`, arg]),
        undefined,
      ),
  },
};

const FIXED_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ...builtins,
  ...textFunctions,
  ...numberFunctions,
  ...resultFunctions,
};

function contextFunctions({
  query,
  timeMs,
  externalUrl,
}: FunctionSettings): Readonly<Record<string, TemplateFunction>> {
  return {
    query: { parameters: ["string"], call: query },
    now: { parameters: [], call: () => timeMs / 1000 },
    externalURL: { parameters: [], call: () => externalUrl },
    pathPrefix: {
      parameters: [],
      call: () => (URL.canParse(externalUrl) ? new URL(externalUrl).pathname.replace(/^\/$/, "") : ""),
    },
  };
}

/** The names of all functions that a template may call. */
const FUNCTION_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(FIXED_FUNCTIONS),
  ...Object.keys(contextFunctions({ query: () => [], timeMs: 0, externalUrl: "" })),
]);

export function isTemplateFunction(name: string): boolean {
  return FUNCTION_NAMES.has(name);
}

function ofText(call: (text: string) => Value): TemplateFunction {
  return { parameters: ["string"], call };
}

function ofNumber(call: (value: Value) => Value): TemplateFunction {
  return { parameters: ["any"], call };
}

function labelOf(sample: Structure, name: string): Value {
  const labels = sample.fields["Labels"];
  return labels instanceof StringMap ? labels.get(name) : "";
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compiled(pattern: string, flags = ""): RegExp {
  try {
    const { source, flags: own } = goRegExp(pattern);
    return new RegExp(source, own + flags);
  } catch (error) {
    throw new Error(error instanceof ClewError ? error.what : messageOf(error), { cause: error });
  }
}

/** Go's `$1`, `${name}` and `$$` in the replacement. */
function replacedAll(pattern: string, replacement: string, text: string): string {
  return text.replace(compiled(pattern, "g"), (...found: unknown[]) => {
    // What JavaScript gives: the match, its groups, the offset, the text, and the named groups where there are any.
    const last = found.at(-1);
    const named = typeof last === "object" ? (last as Readonly<Record<string, unknown>>) : {};
    const groups = found.slice(0, typeof last === "object" ? -3 : -2);
    return replacement.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
      if (whole === "$$") return "$";
      const name = bare ?? braced ?? "";
      const group = /^\d+$/.test(name) ? groups[Number(name)] : named[name];
      return typeof group === "string" ? group : "";
    });
  });
}

function secondsOfDuration(text: string): number {
  const isNegative = text.startsWith("-");
  return (parsePrometheusDuration(isNegative ? text.slice(1) : text) / 1000) * (isNegative ? -1 : 1);
}

export function urlQueryEscaped(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `host:port` or `[address]:port` in parts; undefined for what has no port. */
function hostAndPort(address: string): { readonly host: string; readonly port: string } | undefined {
  const found = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address);
  return found === null ? undefined : { host: found[1] ?? found[2] ?? "", port: found[3] ?? "" };
}

function withoutDomain(address: string): string {
  const parts = hostAndPort(address);
  const host = parts?.host ?? address;
  if (isIP(host) !== 0) return address;
  const name = host.split(".")[0] ?? "";
  if (parts === undefined || parts.port === "") return name;
  return name.includes(":") ? `[${name}]:${parts.port}` : `${name}:${parts.port}`;
}
