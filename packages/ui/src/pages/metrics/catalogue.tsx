import { useRows } from "../../chart/use-rows.ts";
import { useDeferredValue, useEffect, useMemo, useRef } from "react";
import type { CatalogueEntry } from "../../api/types.ts";
import { ServiceName } from "../../service/service-name.tsx";
import { serviceColour } from "../../service/service-colour.ts";
import { TypeMark } from "./type-mark.tsx";

const ROW_PX = 28;
/** More services than this are counted, not shown. */
const MAX_SWATCHES = 4;

interface CatalogueProps {
  readonly entries: readonly CatalogueEntry[];
  readonly isLoading: boolean;
  readonly find: string;
  /** The name of the metric that the query is about. */
  readonly selected: string | undefined;
  readonly onFind: (text: string) => void;
  readonly onChoose: (entry: CatalogueEntry) => void;
}

/** Every metric of the time range, searched by words in its name, description, unit or services. */
export function Catalogue({ entries, isLoading, find, selected, onFind, onChoose }: CatalogueProps) {
  const text = useDeferredValue(find);
  const found = useMemo(() => entries.filter((entry) => matches(entry, text)), [entries, text]);
  return (
    <aside aria-label="Metrics" className="flex w-96 shrink-0 flex-col border-r border-line bg-surface">
      <div className="shrink-0 border-b border-line p-2">
        <input
          type="search"
          aria-label="Find a metric"
          placeholder="Find a metric, unit or service…"
          value={find}
          onChange={(event) => onFind(event.target.value)}
          className="h-8 w-full rounded-md border border-line bg-ground px-2.5 text-sm placeholder:text-faint"
        />
      </div>
      <Rows entries={found} selected={selected} onChoose={onChoose} />
      <p className="shrink-0 border-t border-line px-3 py-1.5 text-xs text-muted" aria-live="polite">
        {isLoading
          ? "Looking…"
          : found.length === entries.length
            ? `${entries.length} metrics in this time range`
            : `${found.length} of ${entries.length} metrics`}
      </p>
    </aside>
  );
}

function Rows({ entries, selected, onChoose }: Pick<CatalogueProps, "entries" | "selected" | "onChoose">) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRows({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
  });
  const at = entries.findIndex(({ name }) => name === selected);
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at, { align: "auto" });
  }, [at, rows]);
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto py-1">
      <ul className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const entry = entries[row.index];
          if (entry === undefined) return null;
          return (
            <li
              key={entry.name}
              className="absolute inset-x-1"
              style={{ height: ROW_PX, transform: `translateY(${row.start}px)` }}
            >
              <Entry entry={entry} isSelected={entry.name === selected} onChoose={onChoose} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface EntryProps {
  readonly entry: CatalogueEntry;
  readonly isSelected: boolean;
  readonly onChoose: (entry: CatalogueEntry) => void;
}

function Entry({ entry, isSelected, onChoose }: EntryProps) {
  const { name, unit, description, services, series } = entry;
  return (
    <button
      type="button"
      aria-current={isSelected}
      onClick={() => onChoose(entry)}
      title={[name, description, `${series} series from ${services.join(", ")}`]
        .filter((line) => line !== "")
        .join("\n")}
      className="flex h-full w-full items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-hover aria-[current=true]:bg-selected"
    >
      <TypeMark entry={entry} />
      <span className="min-w-0 flex-1 truncate font-mono">{name}</span>
      <span className="shrink-0 text-xs text-faint">{unit === "1" ? "" : unit}</span>
      <span className="flex shrink-0 gap-0.5" aria-label={`from ${services.join(", ")}`}>
        {services.slice(0, MAX_SWATCHES).map((service) => (
          <span key={service} className="size-2 rounded-[2px]" style={{ background: serviceColour(service) }} />
        ))}
        {services.length > MAX_SWATCHES && (
          <span className="text-xs text-faint">+{services.length - MAX_SWATCHES}</span>
        )}
      </span>
    </button>
  );
}

/** The services that send a metric, in full. */
export function Services({ names }: { readonly names: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-x-3">
      {names.slice(0, 12).map((name) => (
        <ServiceName key={name} name={name} />
      ))}
      {names.length > 12 && <span className="text-muted">and {names.length - 12} more</span>}
    </span>
  );
}

function matches({ name, otelName, unit, description, services }: CatalogueEntry, text: string): boolean {
  const all = [name, otelName, unit, description, ...services].join(" ").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
