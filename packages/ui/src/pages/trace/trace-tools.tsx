interface TraceToolsProps {
  readonly width: number;
  readonly find: string;
  readonly onFind: (text: string) => void;
  /** Undefined where nothing is searched for. */
  readonly matches: readonly number[] | undefined;
  /** Which of the matches is selected, -1 for none. */
  readonly at: number;
  readonly onMatch: (step: 1 | -1) => void;
  readonly onCollapseAll: () => void;
  readonly onExpandAll: () => void;
}

/** Search within the trace, and all collapsed or expanded at once. */
export function TraceTools(props: TraceToolsProps) {
  const { width, find, onFind, matches, at, onMatch, onCollapseAll, onExpandAll } = props;
  return (
    <div
      className="flex shrink-0 items-center gap-1 overflow-hidden border-r border-line bg-surface px-2"
      style={{ width }}
    >
      <div className="relative min-w-0 flex-1">
        <input
          type="search"
          data-query
          aria-label="Search the trace's spans by service and operation"
          placeholder="Search spans…"
          value={find}
          onChange={(event) => onFind(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onMatch(event.shiftKey ? -1 : 1);
            if (event.key !== "Escape") return;
            event.preventDefault();
            event.stopPropagation();
            onFind("");
            event.currentTarget.blur();
          }}
          className="h-7 w-full rounded-md border border-line bg-ground pr-16 pl-2 text-sm placeholder:text-faint"
        />
        {matches !== undefined && (
          <span
            role="status"
            className="pointer-events-none absolute inset-y-0 right-7 flex items-center text-xs text-muted"
          >
            {matches.length === 0 ? "none" : at === -1 ? String(matches.length) : `${at + 1}/${matches.length}`}
          </span>
        )}
      </div>
      <ToolButton label="Expand all" onPress={onExpandAll} path="M4 6.500 8 2.500l4 4M4 9.500l4 4 4-4" />
      <ToolButton label="Collapse all" onPress={onCollapseAll} path="M4 2.500l4 4 4-4M4 13.500l4-4 4 4" />
    </div>
  );
}

interface ToolButtonProps {
  readonly label: string;
  readonly onPress: () => void;
  readonly path: string;
}

function ToolButton({ label, onPress, path }: ToolButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      onClick={onPress}
      className="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-text"
    >
      <svg viewBox="0 0 16 16" className="size-3.5" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden>
        <path d={path} strokeLinecap="round" strokeLinejoin="round" />
      </svg>
    </button>
  );
}
