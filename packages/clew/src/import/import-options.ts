import { SIGNALS, type Signal } from "@clew/otlp";
import { oneOf, parsed, urlOf, usage } from "../options.ts";
import { FORMATS, type Format } from "./recognise.ts";

export interface ImportOptions {
  /** `-` is the standard input. */
  readonly files: readonly string[];
  readonly format: Format;
  /** What protobuf is, where that cannot be seen. */
  readonly signal: Signal | undefined;
  readonly endpoint: string;
  readonly token: string | undefined;
}

/** Of `clew import FILE…`. Throws `USAGE`. */
export function importOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ImportOptions {
  const { values, positionals } = parsed(
    args,
    { format: { type: "string" }, signal: { type: "string" }, endpoint: { type: "string" }, token: { type: "string" } },
    true,
  );
  if (positionals.length === 0) throw usage("expected one file or more", 'name them, or "-" for the standard input');
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const signal = text("signal");
  return {
    files: positionals,
    format: oneOf("format", text("format") ?? "auto", FORMATS),
    signal: signal === undefined ? undefined : oneOf("signal", signal, SIGNALS),
    endpoint: urlOf("endpoint", text("endpoint") ?? "http://localhost:4318"),
    token: text("token") ?? env["CLEW_TOKEN"],
  };
}
