import type { ActivityBucket } from "../../api/types.ts";
import type { BucketGrid } from "../../chart/bucket-grid.ts";
import { StackedBars, type Bar, type BarLayer } from "../../chart/stacked-bars.tsx";
import { formatCount, formatPercent, millisOf } from "../../format/format.ts";
import { Panel } from "./panel.tsx";

const LAYERS: readonly BarLayer[] = [
  { name: "errors", colour: "var(--error)" },
  { name: "others", colour: "color-mix(in oklch, var(--accent) 50%, var(--surface))" },
];

interface ActivityPanelProps {
  readonly grid: BucketGrid;
  readonly activity: readonly ActivityBucket[];
  readonly onSelect: (startMs: number, endMs: number) => void;
  /** Takes the whole row, its charts side by side. */
  readonly isWide: boolean;
}

/** Spans and log records over time, those with errors at the foot of each bar. */
export function ActivityPanel({ grid, activity, onSelect, isWide }: ActivityPanelProps) {
  const bars = (count: (bucket: ActivityBucket) => number, errors: (bucket: ActivityBucket) => number): Bar[] =>
    activity.map((bucket) => ({
      startMs: Math.round(millisOf(bucket.startUnixNano)),
      counts: [errors(bucket), count(bucket) - errors(bucket)],
    }));
  const spans = bars(
    (bucket) => bucket.spans,
    (bucket) => bucket.errorSpans,
  );
  const logs = bars(
    (bucket) => bucket.logs,
    (bucket) => bucket.errorLogs,
  );
  return (
    <Panel title="Activity" note={`a bar is ${widthText(grid.bucketMs)}`} className={isWide ? "lg:col-span-2" : ""}>
      <div className={`flex min-h-0 flex-1 px-3 pb-2 ${isWide ? "gap-6" : "flex-col gap-2"}`}>
        <Counted name="Spans" bars={spans} grid={grid} onSelect={onSelect} />
        <Counted name="Log records" bars={logs} grid={grid} onSelect={onSelect} />
      </div>
    </Panel>
  );
}

interface CountedProps {
  readonly name: string;
  readonly bars: readonly Bar[];
  readonly grid: BucketGrid;
  readonly onSelect: (startMs: number, endMs: number) => void;
}

function Counted({ name, bars, grid, onSelect }: CountedProps) {
  const errors = bars.reduce((sum, { counts }) => sum + (counts[0] ?? 0), 0);
  const total = bars.reduce((sum, { counts }) => sum + (counts[1] ?? 0), errors);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <p className="flex shrink-0 items-baseline gap-2 text-sm">
        <span className="font-medium">{name}</span>
        <span className="font-mono">{formatCount(total)}</span>
        {errors > 0 && (
          <span className="text-error">
            {formatCount(errors)} errors, {formatPercent(errors, total)}
          </span>
        )}
      </p>
      <div className="min-h-0 flex-1">
        <StackedBars label={name} grid={grid} bars={bars} layers={LAYERS} onSelect={onSelect} />
      </div>
    </div>
  );
}

function widthText(bucketMs: number): string {
  const seconds = bucketMs / 1_000;
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3_600 ? `${seconds / 60} min` : `${seconds / 3_600} h`;
}
