/** The command line of `opentelemetry-instrument`: flags for `OTEL_*` variables, then the command. */

export interface Arguments {
  /** The variables that the flags set. */
  readonly variables: Readonly<Record<string, string>>;
  /** The command and its own arguments; empty when there is none. */
  readonly command: readonly string[];
  readonly wants: "run" | "help" | "version";
  /** A flag that stands without its value. */
  readonly incomplete: string | undefined;
}

/** Flags that are not the name of their variable. */
const NAMED: Readonly<Record<string, string>> = { config: "OTEL_CONFIG_FILE" };
/** Flags that stand alone, each with the variable that it sets to `true`. */
const ALONE: Readonly<Record<string, string>> = { explain: "OTEL_NODE_EXPLAIN" };

/**
 * `--service_name shop`, `--service_name=shop` and `--service-name shop` are `OTEL_SERVICE_NAME=shop`,
 * and so for any variable that begins with `OTEL_`. The first word that is no flag begins the command.
 */
export function parseArguments(words: readonly string[]): Arguments {
  const variables: Record<string, string> = {};
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--help" || word === "-h") return { variables, command: [], wants: "help", incomplete: undefined };
    if (word === "--version") return { variables, command: [], wants: "version", incomplete: undefined };
    if (word === "--" || !word.startsWith("--")) break;
    const [name, given] = splitFlag(word.slice(2));
    const alone = ALONE[name];
    const value = alone === undefined ? (given ?? words[++at]) : (given ?? "true");
    if (value === undefined) return { variables, command: [], wants: "run", incomplete: word };
    variables[alone ?? variableOf(name)] = value;
  }
  const command = words.slice(words[at] === "--" ? at + 1 : at);
  return { variables, command, wants: "run", incomplete: undefined };
}

function splitFlag(flag: string): readonly [string, string | undefined] {
  const equals = flag.indexOf("=");
  return equals < 0 ? [flag, undefined] : [flag.slice(0, equals), flag.slice(equals + 1)];
}

function variableOf(name: string): string {
  const upper = name.replaceAll("-", "_").toUpperCase();
  return NAMED[name] ?? (upper.startsWith("OTEL_") ? upper : `OTEL_${upper}`);
}
