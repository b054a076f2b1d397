import { useMemo, useState } from "react";
import type { CatalogueEntry } from "../../api/types.ts";
import { MAX_EXEMPLARS, type Exemplar } from "../../chart/exemplar.ts";
import type { Frame, Series } from "../../chart/series.ts";
import { seriesStyle, useTheme, type SeriesStyle } from "../../chart/theme-colours.ts";
import { TimeSeriesChart } from "../../chart/time-series-chart.tsx";
import { unitOf } from "../../chart/unit.ts";
import { QueryFailure } from "../../promql/query-failure.tsx";
import { exemplarQuery, type QuerySubject } from "../../promql/query-subject.ts";
import { useExemplars, useRangeQuery } from "../../promql/use-prometheus.ts";
import type { ResolvedRange } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { SeriesTable } from "./series-table.tsx";

/** More lines than this can neither be told apart nor drawn smoothly. */
const MAX_DRAWN = 50;
const NO_FRAME: Frame = { times: [], series: [] };
const NO_EXEMPLARS: readonly Exemplar[] = [];
const NO_KEYS: ReadonlySet<string> = new Set();

interface QueryResultProps {
  readonly query: string;
  readonly catalogue: readonly CatalogueEntry[];
  readonly subject: QuerySubject;
  readonly range: ResolvedRange;
}

/** A query's chart with its exemplars, and its series as a table that is the chart's legend. */
export function QueryResult({ query, catalogue, subject, range }: QueryResultProps) {
  const { setRange } = useTimeRange();
  const [hidden, setHidden] = useState(NO_KEYS);
  const answer = useRangeQuery(query, range);
  const exemplars = useExemplars(exemplarQuery(query, catalogue), range).data ?? NO_EXEMPLARS;
  const frame = answer.data ?? NO_FRAME;
  const drawn = useMemo(() => frame.series.slice(0, MAX_DRAWN), [frame]);
  const styles = useStyles(drawn);
  const visible = useMemo(() => drawn.filter(({ key }) => !hidden.has(key)), [drawn, hidden]);
  const unit = useMemo(() => unitOf(subject.unit, subject.perSecond), [subject.unit, subject.perSecond]);
  const exemplarUnit = useMemo(() => unitOf(subject.entry?.unit ?? ""), [subject.entry?.unit]);
  if (answer.error !== null) {
    return (
      <div className="p-3">
        <QueryFailure query={query} error={answer.error} />
      </div>
    );
  }
  const isEmpty = answer.isSuccess && frame.series.length === 0;
  const left = frame.series.length - drawn.length;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="relative flex min-h-56 flex-1 flex-col px-2 pt-1.5">
        <p className="flex h-5 shrink-0 items-center gap-3 px-1 text-xs text-muted">
          {unit.title !== "" && <span>{unit.title}</span>}
          {exemplars.length > 0 && (
            <span className="flex items-center gap-1">
              <span aria-hidden className="size-[7px] rotate-45 rounded-[1px] bg-faint" />
              {exemplars.length} exemplars
              {exemplars.length > MAX_EXEMPLARS && ", the greatest of each time drawn"}
              {!subject.isOnExemplarAxis && ", in the strip at the foot"}
            </span>
          )}
          {left > 0 && (
            <span className="ml-auto">
              The {drawn.length} greatest series are drawn, {left} more are in the table: narrow the query, or use topk
            </span>
          )}
        </p>
        <div className="min-h-0 flex-1">
          <TimeSeriesChart
            label={`${query}: ${frame.series.length} series. The table below tells their values.`}
            frame={frame}
            series={visible}
            styles={visible.map(({ key }) => styles.get(key) ?? FALLBACK)}
            startMs={range.startMs}
            endMs={range.endMs}
            unit={unit}
            exemplars={exemplars}
            exemplarsOnAxis={subject.isOnExemplarAxis}
            exemplarUnit={exemplarUnit}
            onSelect={(from, to) => setRange({ from: String(Math.round(from)), to: String(Math.round(to)) })}
          />
        </div>
        {isEmpty && (
          <div className="pointer-events-none absolute inset-0 grid place-items-center text-center text-muted">
            <p>
              The query is answered with no series.
              <br />
              Nothing matched in this time range: check names and labels, or widen the range.
            </p>
          </div>
        )}
      </div>
      <SeriesTable series={frame.series} styles={styles} hidden={hidden} unit={unit} onHide={setHidden} />
    </div>
  );
}

const FALLBACK: SeriesStyle = { stroke: "gray", dash: [] };

/** A style for each series: by its service, or by its labels where it has none. */
function useStyles(series: readonly Series[]): ReadonlyMap<string, SeriesStyle> {
  const theme = useTheme();
  return useMemo(() => {
    const ranks = new Map<string, number>();
    const styles = new Map<string, SeriesStyle>();
    // By name, not by size: a series keeps its colour when another overtakes it.
    for (const { key, labels } of series.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      const name = labels["job"] ?? key;
      const rank = ranks.get(name) ?? 0;
      ranks.set(name, rank + 1);
      styles.set(key, seriesStyle(name, rank, theme));
    }
    return styles;
  }, [series, theme]);
}
