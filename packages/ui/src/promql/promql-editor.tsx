import { lazy, Suspense } from "react";

const CodeMirrorEditor = lazy(async () => import("./code-mirror-editor.tsx"));

export interface PromqlEditorProps {
  /** The query that is shown, until it is edited. */
  readonly value: string;
  readonly onRun: (query: string) => void;
}

/** Edits PromQL: Enter runs it, Shift+Enter begins a line. A plain field stands in until the editor is loaded. */
export function PromqlEditor(props: PromqlEditorProps) {
  return (
    <div className="min-w-0 flex-1 rounded-md border border-line bg-surface focus-within:border-accent">
      <Suspense fallback={<PlainEditor {...props} />}>
        <CodeMirrorEditor {...props} />
      </Suspense>
    </div>
  );
}

function PlainEditor({ value, onRun }: PromqlEditorProps) {
  return (
    <textarea
      key={value}
      data-query=""
      aria-label="PromQL"
      rows={1}
      spellCheck={false}
      defaultValue={value}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.shiftKey) return;
        event.preventDefault();
        onRun(event.currentTarget.value);
      }}
      className="block h-8 w-full resize-none bg-transparent px-2.5 py-[6px] font-mono text-sm leading-5 outline-none"
    />
  );
}
