/** Exceptions as OpenTelemetry's semantic conventions record them: an event, or attributes of a log record. */
import type { KeyValue, SpanDetail } from "../../api/types.ts";
import { textOfValue } from "../../attributes/any-value.ts";

export interface Exception {
  readonly type: string;
  readonly message: string;
  readonly stacktrace: string;
}

export interface StackLine {
  readonly text: string;
  /** A line of a library or of the runtime itself, not of the application. */
  readonly isForeign: boolean;
}

const FOREIGN =
  /node_modules|node:internal|\(node:|at node:|<anonymous>|site-packages|dist-packages|\/lib\/python|^\s*at (java|javax|jdk|sun|org\.springframework|org\.apache)\.|\/go\/pkg\/mod\/|\/usr\/local\/go\//;
const FRAME = /^\s+(at |File |\.\.\.)|^\s*at /;

export function exceptionOf(attributes: readonly KeyValue[]): Exception | undefined {
  const find = (key: string): string => {
    const found = attributes.find((attribute) => attribute.key === key);
    return found === undefined ? "" : textOfValue(found.value);
  };
  const type = find("exception.type");
  const message = find("exception.message");
  return type === "" && message === "" ? undefined : { type, message, stacktrace: find("exception.stacktrace") };
}

export function exceptionsOf({ events = [] }: SpanDetail): Exception[] {
  return events.flatMap(({ attributes = [] }) => exceptionOf(attributes) ?? []);
}

/** The trace line by line. Where every frame is foreign none is marked: there is nothing to tell apart. */
export function stackLines(stacktrace: string): StackLine[] {
  const lines = stacktrace.trimEnd().split("\n");
  const isForeign = (text: string): boolean => FRAME.test(text) && FOREIGN.test(text);
  const hasOwn = lines.some((text) => FRAME.test(text) && !FOREIGN.test(text));
  return lines.map((text) => ({ text, isForeign: hasOwn && isForeign(text) }));
}
