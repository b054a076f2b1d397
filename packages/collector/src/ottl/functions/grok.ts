/** `ExtractGrokPatterns`: expressions put together of named ones, such as `%{IP:client.address}`. */
import type { Value } from "@clew/otlp";
import type { Getter } from "../context.ts";
import { define, type FunctionDefinition } from "../function-definition.ts";
import { OttlError } from "../ottl-error.ts";
import { flag, listOf, optional, parseInteger, string, text, toFloatLike } from "../parameters.ts";
import { compilePattern } from "../pattern.ts";
import { GROK_PATTERNS } from "./grok-patterns.ts";

const REFERENCE = /%\{(\w+)(?::([\w.]+))?(?::(\w+))?\}/g;

/** How long an expression may become when what it refers to is put in. */
const MAX_LENGTH = 100_000;

interface Grok {
  readonly pattern: RegExp;
  // group --> the name under which it is told, and what its text is turned into
  readonly groups: ReadonlyMap<string, { readonly name: string; readonly type: string }>;
}

export const extractGrokPatterns: FunctionDefinition = define(
  "ExtractGrokPatterns",
  {
    target: string,
    pattern: string,
    namedCapturesOnly: optional(flag),
    patternDefinitions: optional(listOf(text)),
  },
  (args) => {
    const own = definitionsOf(args.patternDefinitions ?? []);
    const compile = (source: string): Grok => grokOf(source, own, args.namedCapturesOnly ?? false);
    const grok = grokFrom(args.pattern, compile);
    return (context) => {
      const { pattern, groups } = grok(context);
      const found = pattern.exec(args.target(context))?.groups ?? {};
      const result = new Map<string, Value>();
      for (const [group, { name, type }] of groups) {
        const one = found[group];
        if (one !== undefined && one !== "") result.set(name, typed(one, type, name));
      }
      return result;
    };
  },
);

function grokFrom(source: Getter<string>, compile: (source: string) => Grok): Getter<Grok> {
  if (source.constant !== undefined) {
    const known = compile(source.constant.value);
    return () => known;
  }
  let last: { readonly text: string; readonly grok: Grok } | undefined;
  return (context) => {
    const one = source(context);
    if (last?.text !== one) last = { text: one, grok: compile(one) };
    return last.grok;
  };
}

function definitionsOf(definitions: readonly string[]): Map<string, string> {
  return new Map(
    definitions.map((definition, i) => {
      const at = definition.indexOf("=");
      if (at < 0) {
        const shown = definition.length > 20 ? `${definition.slice(0, 17)}...` : definition;
        throw new OttlError(
          `pattern ${JSON.stringify(shown)} supplied to ExtractGrokPatterns at index ${i} has incorrect format, expecting PATTERNNAME=pattern definition`,
        );
      }
      const name = definition.slice(0, at);
      if (name.includes(":")) throw new OttlError(`pattern ID ${JSON.stringify(name)} should not contain ':'`);
      return [name, definition.slice(at + 1)];
    }),
  );
}

function grokOf(source: string, own: ReadonlyMap<string, string>, isNamedOnly: boolean): Grok {
  const groups = new Map<string, { name: string; type: string }>();
  const names = new Map<string, string>();
  let expanded = source;
  while (REFERENCE.test(expanded)) {
    REFERENCE.lastIndex = 0;
    expanded = expanded.replaceAll(REFERENCE, (_, id: string, name: string | undefined, type: string | undefined) => {
      const definition = own.get(id) ?? GROK_PATTERNS[id];
      if (definition === undefined) {
        throw new OttlError(`pattern definition ${JSON.stringify(id)} unknown: unable to parse grok expression`);
      }
      if (isNamedOnly && name === undefined) return `(?:${definition})`;
      return `(?P<${groupFor(name ?? id, type, groups, names)}>${definition})`;
    });
    if (expanded.length > MAX_LENGTH) throw new OttlError(`the grok pattern becomes longer than ${MAX_LENGTH}`);
  }
  for (const [, group] of expanded.matchAll(/\(\?P?<(\w+)>/g)) {
    if (!groups.has(group!)) groups.set(group!, { name: group!, type: "" });
  }
  if (groups.size === 0 && isNamedOnly) {
    throw new OttlError("at least 1 named capture group must be supplied in the given regex");
  }
  return { pattern: compilePattern(expanded), groups };
}

/** A group of its own for each place, as JavaScript knows no two of one name. */
function groupFor(
  name: string,
  type = "",
  groups: Map<string, { name: string; type: string }>,
  names: Map<string, string>,
): string {
  const plain = name.replaceAll(".", "__");
  const group = names.has(plain) ? `${plain}__${groups.size}` : plain;
  names.set(plain, group);
  groups.set(group, { name, type });
  return group;
}

function typed(one: string, type: string, name: string): Value {
  switch (type) {
    case "":
    case "string":
      return one;
    case "int":
    case "long":
      return parseInteger(one, 10);
    case "float":
    case "double":
      return toFloatLike(one)!;
    case "bool":
    case "boolean":
      if (/^(?:1|t|T|TRUE|true|True)$/.test(one)) return true;
      if (/^(?:0|f|F|FALSE|false|False)$/.test(one)) return false;
      throw new OttlError(`strconv.ParseBool: parsing ${JSON.stringify(one)}: invalid syntax`);
    default:
      throw new OttlError(`invalid type for ${name}: type not specified`);
  }
}
