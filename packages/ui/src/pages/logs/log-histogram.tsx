import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getClew, type Parameters } from "../../api/client.ts";
import type { LogHistogram as Answer } from "../../api/types.ts";
import { bucketGrid } from "../../chart/bucket-grid.ts";
import { StackedBars, type Bar } from "../../chart/stacked-bars.tsx";
import { formatCount, millisOf } from "../../format/format.ts";
import { SEVERITIES } from "../../log/severity.ts";
import { useMovingRange } from "../../chart/use-moving-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { useChange } from "./use-change.ts";

const BARS = 120;
/** The gravest at the foot, where they can be compared. */
const LAYERS = SEVERITIES.toReversed();

/** Counts over time by severity, and in all. */
export function LogHistogram({ filter }: { readonly filter: Parameters }) {
  const range = useMovingRange();
  const { setRange } = useTimeRange();
  const change = useChange();
  const grid = useMemo(() => bucketGrid(range, BARS), [range]);
  const { startMs: start, endMs: end, count: buckets } = grid;
  const answer = useQuery({
    queryKey: ["log histogram", filter, start, end, range.endMs],
    queryFn: async ({ signal }) => getClew<Answer>("logs/histogram", { ...filter, start, end, buckets }, signal),
    placeholderData: keepPreviousData,
  });
  const bars = useMemo<Bar[]>(
    () =>
      (answer.data?.buckets ?? []).map(({ startUnixNano, counts }) => ({
        startMs: Math.round(millisOf(startUnixNano)),
        counts: counts.toReversed(),
      })),
    [answer.data],
  );
  const totals = LAYERS.map((layer, i) => ({
    ...layer,
    count: bars.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0),
  }));
  const total = totals.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="shrink-0 px-3 pt-2">
      <p className="flex h-6 items-center gap-1 text-sm">
        <span className="mr-2 text-muted">
          <span className="font-mono text-text">{formatCount(total)}</span> records
        </span>
        {totals
          .filter(({ count }) => count > 0)
          .map(({ name, from, colour, count }) => (
            <button
              key={name}
              type="button"
              title={`Show ${name} and above`}
              onClick={() => change({ severity: from === 0 ? undefined : String(from) })}
              className="flex h-6 items-center gap-1.5 rounded-md px-1.5 hover:bg-hover"
            >
              <span aria-hidden className="size-2 rounded-[2px]" style={{ background: colour }} />
              {name}
              <span className="font-mono text-muted">{formatCount(count)}</span>
            </button>
          ))}
      </p>
      <div className="h-[84px]">
        <StackedBars
          label="Log records"
          grid={grid}
          bars={bars}
          layers={LAYERS}
          onSelect={(from, to) => setRange({ from: String(from), to: String(to) })}
        />
      </div>
    </div>
  );
}
