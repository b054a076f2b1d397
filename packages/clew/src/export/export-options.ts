import { parseDuration } from "@clew/base";
import { SIGNALS, type Signal } from "@clew/otlp";
import { oneOf, parsed, urlOf, usage } from "../options.ts";

const FORMATS = ["otlp-json", "otlp-proto", "jaeger", "zipkin"] as const;

export interface ExportOptions {
  /** `-` is the standard output. */
  readonly file: string;
  readonly format: (typeof FORMATS)[number];
  readonly signals: readonly Signal[];
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly traceIds: readonly string[];
  readonly url: string;
  readonly token: string | undefined;
}

/** Of `clew export FILE`. Throws `USAGE`. */
export function exportOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): ExportOptions {
  const { values, positionals } = parsed(
    args,
    {
      format: { type: "string" },
      signal: { type: "string" },
      from: { type: "string" },
      to: { type: "string" },
      trace: { type: "string", multiple: true },
      url: { type: "string" },
      token: { type: "string" },
    },
    true,
  );
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0)
    throw usage("expected one file", 'name it, or "-" for the standard output');
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const format = oneOf("format", text("format") ?? "otlp-json", FORMATS);
  const traceIds = (values["trace"] as readonly string[] | undefined) ?? [];
  for (const id of traceIds)
    if (!/^[0-9a-f]{1,32}$/i.test(id))
      throw usage(`${JSON.stringify(id)} is no trace id`, "give up to 32 hexadecimal digits", "trace");
  return {
    file,
    format,
    signals: signalsOf(text("signal"), format, traceIds.length > 0),
    fromMs: timeOf("from", text("from"), nowMs),
    toMs: timeOf("to", text("to"), nowMs),
    traceIds,
    url: urlOf("url", text("url") ?? "http://localhost:16686"),
    token: text("token") ?? env["CLEW_TOKEN"],
  };
}

function signalsOf(text: string | undefined, format: ExportOptions["format"], isOfTraces: boolean): readonly Signal[] {
  const isOfSpans = format === "jaeger" || format === "zipkin";
  if (text === undefined || text === "all") {
    if (isOfSpans) return ["traces"];
    // Nothing in a frame of protobuf tells its signal.
    if (format === "otlp-proto")
      throw usage("a file of otlp-proto has one signal", `say ${SIGNALS.join(", ")}`, "signal");
    return isOfTraces ? ["traces", "logs"] : SIGNALS;
  }
  const signal = oneOf("signal", text, SIGNALS);
  if (isOfSpans && signal !== "traces")
    throw usage(`${format} has traces only`, "write otlp-json or otlp-proto", "format");
  if (isOfTraces && signal === "metrics") throw usage("data points are of no trace", "leave --trace out", "trace");
  return [signal];
}

/** A date and time of ISO 8601, milliseconds since the epoch, or how long ago. */
function timeOf(flag: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const timeMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  try {
    return nowMs - parseDuration(text, flag);
  } catch {
    throw usage(
      `expected a time, got ${JSON.stringify(text)}`,
      "write 2026-01-31T12:00:00Z, or 2h for two hours ago",
      flag,
    );
  }
}
