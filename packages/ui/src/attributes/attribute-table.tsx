import { Fragment, useMemo, useState } from "react";
import type { KeyValue } from "../api/types.ts";
import { textOfValue, typeOfValue } from "./any-value.ts";
import { CopyButton } from "./copy-button.tsx";

/** Longer values are shown by their beginning until asked for. */
const LONG_CHARACTERS = 600;

interface AttributeTableProps {
  readonly attributes: readonly KeyValue[];
  /** Given, each row offers to filter by its value: gets `key=value` or `key!=value`, as docs/api.md tells `attr`. */
  readonly onFilter?: (condition: string) => void;
  /** How many were dropped before they arrived. */
  readonly droppedCount?: number | undefined;
  /** Names the table to those who cannot see it. */
  readonly label?: string;
}

/** Attributes by name: key, value, and what can be done with them. */
export function AttributeTable({ attributes, onFilter, droppedCount = 0, label = "Attributes" }: AttributeTableProps) {
  const sorted = useMemo(() => attributes.toSorted((a, b) => (a.key < b.key ? -1 : 1)), [attributes]);
  return (
    <>
      <table aria-label={label} className="w-full table-fixed border-collapse text-sm">
        <colgroup>
          <col className="w-2/5" />
          <col />
        </colgroup>
        <tbody>
          {sorted.map((attribute) => (
            <Row key={attribute.key} attribute={attribute} onFilter={onFilter} />
          ))}
        </tbody>
      </table>
      {droppedCount > 0 && (
        <p className="px-2 pt-1 text-sm text-warning">
          {droppedCount} more {droppedCount === 1 ? "was" : "were"} dropped before they arrived
        </p>
      )}
    </>
  );
}

interface RowProps {
  readonly attribute: KeyValue;
  readonly onFilter: ((condition: string) => void) | undefined;
}

function Row({ attribute: { key, value }, onFilter }: RowProps) {
  const text = textOfValue(value);
  return (
    <tr className="group border-b border-line/60 align-top last:border-0 hover:bg-hover">
      <th scope="row" className="px-2 py-[3px] text-left font-mono font-normal break-words text-muted">
        <Key text={key} />
      </th>
      <td className="relative py-[3px] pr-2 font-mono" title={typeOfValue(value)}>
        <Value text={text} />
        <span className="absolute top-0 right-0 flex rounded-md bg-hover opacity-0 group-focus-within:opacity-100 group-hover:opacity-100">
          {onFilter !== undefined && (
            <>
              <FilterButton sign="=" label={`Only ${key}=${text}`} onPress={() => onFilter(`${key}=${text}`)} />
              <FilterButton sign="≠" label={`Not ${key}=${text}`} onPress={() => onFilter(`${key}!=${text}`)} />
            </>
          )}
          <CopyButton text={() => text} label={`Copy the value of ${key}`} />
        </span>
      </td>
    </tr>
  );
}

/** Breaks, where it must, after a dot. */
function Key({ text }: { readonly text: string }) {
  return text.split(/(?<=\.)/).map((part, i) => (
    // oxlint-disable-next-line react/no-array-index-key -- parts have no other identity and never move
    <Fragment key={i}>
      {part}
      <wbr />
    </Fragment>
  ));
}

function Value({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  if (text === "") return <span className="text-faint italic">empty</span>;
  if (/^https?:\/\/\S+$/.test(text)) {
    return (
      <a href={text} target="_blank" rel="noreferrer" className="break-all underline decoration-line-strong">
        {text}
      </a>
    );
  }
  if (text.length <= LONG_CHARACTERS || isWhole) return <span className="break-words whitespace-pre-wrap">{text}</span>;
  return (
    <span className="break-words whitespace-pre-wrap">
      {text.slice(0, LONG_CHARACTERS)}…{" "}
      <button type="button" className="font-sans text-accent underline" onClick={() => setWhole(true)}>
        all {text.length} characters
      </button>
    </span>
  );
}

interface FilterButtonProps {
  readonly sign: string;
  readonly label: string;
  readonly onPress: () => void;
}

function FilterButton({ sign, label, onPress }: FilterButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      onClick={onPress}
      className="grid h-6 w-6 place-items-center rounded-md font-sans text-muted hover:text-text"
    >
      {sign}
    </button>
  );
}
