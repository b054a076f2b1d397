import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useRangeSearch } from "../time/use-time-range.ts";

const TRACE_ID = /[0-9a-fA-F]{32}/;

/** Takes a pasted trace id, or a `traceparent` header, and opens the trace. */
export function FindTrace() {
  const navigate = useNavigate();
  const range = useRangeSearch();
  const [isWrong, setWrong] = useState(false);
  const open = (text: string, field: HTMLInputElement): void => {
    const traceId = TRACE_ID.exec(text.replaceAll("-", " "))?.[0]?.toLowerCase();
    setWrong(traceId === undefined && text.trim() !== "");
    if (traceId === undefined) return;
    field.value = "";
    field.blur();
    void navigate({ to: "/trace/$traceId", params: { traceId }, search: range });
  };
  return (
    <input
      type="search"
      aria-label="Open a trace by its id"
      aria-invalid={isWrong}
      title={isWrong ? "A trace id has 32 hexadecimal digits" : "Paste a trace id or a traceparent header"}
      placeholder="Trace id…"
      className="h-7 w-44 rounded-md border border-line bg-ground px-2 font-mono text-sm placeholder:font-sans placeholder:text-faint focus:w-80 aria-invalid:border-error"
      onKeyDown={(event) => {
        if (event.key === "Enter") open(event.currentTarget.value, event.currentTarget);
      }}
      onPaste={(event) => {
        const text = event.clipboardData.getData("text");
        if (TRACE_ID.test(text)) {
          event.preventDefault();
          open(text, event.currentTarget);
        }
      }}
    />
  );
}
