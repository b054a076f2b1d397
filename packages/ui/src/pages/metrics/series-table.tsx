import { useRows } from "../../chart/use-rows.ts";
import { useMemo, useRef } from "react";
import { commonLabels, labelText, without, type Labels, type Series } from "../../chart/series.ts";
import type { SeriesStyle } from "../../chart/theme-colours.ts";
import type { Unit } from "../../chart/unit.ts";

const ROW_PX = 24;
const COLUMNS = "grid grid-cols-[28px_minmax(0,1fr)_repeat(3,92px)] items-center px-3";

interface SeriesTableProps {
  readonly series: readonly Series[];
  /** Of the series that are drawn, by key. */
  readonly styles: ReadonlyMap<string, SeriesStyle>;
  /** The keys of the series that were switched off. */
  readonly hidden: ReadonlySet<string>;
  readonly unit: Unit;
  readonly onHide: (hidden: ReadonlySet<string>) => void;
}

/** All series with their labels and values. A row switches its line on and off; with Ctrl or ⌘ it is the only one. */
export function SeriesTable({ series, styles, hidden, unit, onHide }: SeriesTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRows({
    count: series.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
  });
  const toggle = (key: string, isAlone: boolean): void => {
    if (isAlone) {
      const others = series.filter((one) => one.key !== key).map((one) => one.key);
      onHide(new Set(hidden.size === others.length && !hidden.has(key) ? [] : others));
      return;
    }
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    onHide(next);
  };
  const common = useMemo(() => commonLabels(series), [series]);
  const number = (value: number | null): string =>
    value === null || !Number.isFinite(value) ? "–" : unit.format(value);
  return (
    <div
      role="table"
      aria-label="Series"
      aria-rowcount={series.length + 1}
      className="mt-1 flex max-h-[40%] shrink-0 flex-col border-t border-line bg-surface text-sm"
    >
      <div role="row" className={`${COLUMNS} h-7 shrink-0 border-b border-line text-xs text-muted`}>
        <span role="columnheader" aria-label="Shown" />
        <span role="columnheader" className="truncate">
          Series
          {Object.keys(common).length > 0 && (
            <span className="ml-3 font-mono">
              <span className="font-sans text-faint">all </span>
              <LabelText labels={common} />
            </span>
          )}
        </span>
        {["Min", "Max", "Last"].map((title) => (
          <span key={title} role="columnheader" className="text-right">
            {title}
          </span>
        ))}
      </div>
      <div ref={scroller} className="min-h-0 overflow-y-auto pb-1">
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const one = series[row.index];
            if (one === undefined) return null;
            const style = styles.get(one.key);
            return (
              <div
                key={one.key}
                role="row"
                aria-rowindex={row.index + 2}
                className={`${COLUMNS} absolute inset-x-0 hover:bg-hover`}
                style={{ height: ROW_PX, transform: `translateY(${row.start}px)` }}
              >
                <span role="cell">
                  {style !== undefined && (
                    <button
                      type="button"
                      aria-pressed={!hidden.has(one.key)}
                      aria-label={`Draw ${one.key}`}
                      title="Click: on and off. Ctrl-click: this one alone."
                      onClick={(event) => toggle(one.key, event.ctrlKey || event.metaKey)}
                      className="grid size-5 place-items-center rounded-sm hover:bg-selected"
                    >
                      <Swatch style={style} isOn={!hidden.has(one.key)} />
                    </button>
                  )}
                </span>
                <span
                  role="cell"
                  className={`truncate font-mono ${hidden.has(one.key) ? "text-faint" : ""}`}
                  title={one.key}
                >
                  <LabelText labels={without(one.labels, common)} />
                </span>
                {[one.min, one.max, one.last].map((value, i) => (
                  // oxlint-disable-next-line react/no-array-index-key -- the three columns never move
                  <span key={i} role="cell" className="truncate text-right font-mono">
                    {number(value)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Swatch({ style, isOn }: { readonly style: SeriesStyle; readonly isOn: boolean }) {
  return (
    <svg viewBox="0 0 14 14" className="size-3.5" aria-hidden>
      {isOn ? (
        <line
          x1="0"
          y1="7"
          x2="14"
          y2="7"
          stroke={style.stroke}
          strokeWidth="3"
          strokeDasharray={style.dash.length === 0 ? undefined : "3 2"}
        />
      ) : (
        <rect x="3" y="5.500" width="8" height="3" fill="none" stroke="var(--faint)" />
      )}
    </svg>
  );
}

function LabelText({ labels }: { readonly labels: Labels }) {
  const { __name__: name, ...others } = labels;
  const pairs = Object.entries(others).toSorted(([a], [b]) => place(a) - place(b));
  if (pairs.length === 0) return <>{labelText(labels)}</>;
  return (
    <>
      {name !== undefined && <span>{name} </span>}
      {pairs.map(([label, value]) => (
        <span key={label} className="mr-3">
          <span className="text-faint">{label}=</span>
          {value}
        </span>
      ))}
    </>
  );
}

const PLACES: Readonly<Record<string, number>> = { job: 0, le: 1, quantile: 1, instance: 3 };

/** The service first; last what only tells processes apart. */
function place(label: string): number {
  return PLACES[label] ?? 2;
}
