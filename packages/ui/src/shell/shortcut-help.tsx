import { useEffect, useRef } from "react";

const KEYS: readonly (readonly [string, string])[] = [
  ["g then h, t, l, m", "Home, Traces, Logs, Metrics"],
  ["/", "go to the query"],
  ["j, k", "next, previous row"],
  ["Enter", "open the row"],
  ["← →", "collapse, expand a span"],
  ["e, E", "next, previous error in a trace"],
  ["n, N", "next, previous match in a trace"],
  ["z, 0", "zoom to the span, to the whole trace"],
  ["Space", "pause or resume what is live"],
  ["Esc", "one level up"],
  ["?", "these keys"],
];

export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      // The page behind has keys of its own.
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
      className="m-auto rounded-md border border-line bg-surface p-5 text-text shadow-popup backdrop:bg-black/30"
    >
      <h2 className="mb-3 text-lg font-semibold">Keys</h2>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
        {KEYS.map(([keys, meaning]) => (
          <div key={keys} className="contents">
            <dt className="font-mono text-sm">{keys}</dt>
            <dd className="text-muted">{meaning}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
