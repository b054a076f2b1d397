import { useMemo } from "react";
import { CopyButton } from "../../attributes/copy-button.tsx";
import { stackLines } from "./exception.ts";

/** A stack trace with the application's own frames in front of the eye. */
export function StackTrace({ text }: { readonly text: string }) {
  const lines = useMemo(() => stackLines(text), [text]);
  return (
    <div className="group relative mt-1.5 rounded-md border border-line bg-ground">
      <pre
        className="px-2.5 py-2 font-mono text-xs leading-[18px] break-words whitespace-pre-wrap"
        aria-label="Stack trace"
      >
        {lines.map((line, i) => (
          <div
            // oxlint-disable-next-line react/no-array-index-key -- lines have no other identity and never move
            key={i}
            className={`pl-[6ch] -indent-[6ch] ${line.isForeign ? "text-faint" : i === 0 ? "font-medium" : ""}`}
          >
            {line.text}
          </div>
        ))}
      </pre>
      <CopyButton
        text={() => text}
        label="Copy the stack trace"
        className="absolute top-1 right-1 bg-ground opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
      />
    </div>
  );
}
