import { textOfValue } from "../attributes/any-value.ts";
import type { KeyValue, LogRecord } from "../api/types.ts";

/** More would not fit a line. */
const MAX_SHOWN = 8;
/** Longer values stand in the record's details only. */
const MAX_CHARACTERS = 80;

/** A record on one line: its body, or its event's name, and its attributes behind. */
export function LogText({ record }: { readonly record: LogRecord }) {
  const { bodyText, eventName, attributes } = record;
  const text = bodyText === "" ? eventName : bodyText;
  return (
    <span className="min-w-0 flex-1 truncate font-mono whitespace-pre">
      {firstLine(text)}
      {shortOnes(attributes).map(({ key, text: value }) => (
        <span key={key} className="text-muted">
          {"  "}
          <span className="text-faint">{key}=</span>
          {value}
        </span>
      ))}
    </span>
  );
}

function shortOnes(attributes: readonly KeyValue[]): { readonly key: string; readonly text: string }[] {
  return attributes
    .map(({ key, value }) => ({ key, text: textOfValue(value) }))
    .filter(({ text }) => text !== "" && text.length <= MAX_CHARACTERS && !text.includes("\n"))
    .slice(0, MAX_SHOWN);
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : `${text.slice(0, end)} ⏎`;
}
