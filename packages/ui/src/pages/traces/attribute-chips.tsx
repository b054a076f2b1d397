import { useState } from "react";

interface AttributeChipsProps {
  /** As docs/api.md tells `attr`. */
  readonly conditions: readonly string[];
  readonly onChange: (conditions: readonly string[]) => void;
  /** A pasted trace id is opened instead. */
  readonly onTraceId: (traceId: string) => void;
}

const TRACE_ID = /\b[0-9a-fA-F]{32}\b/;

/** Conditions on attributes: typed, shown as chips, taken back to be changed by pressing them. */
export function AttributeChips({ conditions, onChange, onTraceId }: AttributeChipsProps) {
  const [text, setText] = useState("");
  const add = (): void => {
    const condition = text.trim();
    if (condition === "") return;
    setText("");
    if (TRACE_ID.test(condition)) onTraceId(TRACE_ID.exec(condition)![0].toLowerCase());
    else if (!conditions.includes(condition)) onChange([...conditions, condition]);
  };
  const without = (condition: string): readonly string[] => conditions.filter((one) => one !== condition);
  return (
    <div className="flex min-h-7 min-w-60 flex-1 flex-wrap items-center gap-1 rounded-md border border-line bg-ground px-1 focus-within:outline-2 focus-within:outline-offset-1 focus-within:outline-accent">
      {conditions.map((condition) => (
        <span key={condition} className="flex h-5 items-center rounded-sm bg-selected font-mono text-xs">
          <button
            type="button"
            title="Change this condition"
            className="max-w-80 truncate pl-1.5"
            onClick={() => {
              setText(condition);
              onChange(without(condition));
            }}
          >
            {condition}
          </button>
          <button
            type="button"
            aria-label={`Remove ${condition}`}
            className="h-full px-1.5 text-muted hover:text-text"
            onClick={() => onChange(without(condition))}
          >
            ×
          </button>
        </span>
      ))}
      <input
        data-query
        aria-label="Attributes: key=value, or a trace id"
        placeholder={
          conditions.length === 0
            ? "Attributes: http.route=/orders, key!=value, key=~regex, or a trace id"
            : "key=value"
        }
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={add}
        onPaste={(event) => {
          const traceId = TRACE_ID.exec(event.clipboardData.getData("text"))?.[0];
          if (traceId === undefined) return;
          event.preventDefault();
          onTraceId(traceId.toLowerCase());
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") add();
          else if (event.key === "Escape") event.currentTarget.blur();
          else if (event.key === "Backspace" && text === "" && conditions.length > 0) onChange(conditions.slice(0, -1));
        }}
        className="h-6 min-w-24 flex-1 bg-transparent px-1 text-sm outline-none placeholder:text-muted"
      />
    </div>
  );
}
