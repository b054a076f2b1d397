import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { CatalogueEntry } from "../../api/types.ts";
import type { Exemplar } from "../../chart/exemplar.ts";
import type { Frame } from "../../chart/series.ts";
import { seriesStyle, useTheme } from "../../chart/theme-colours.ts";
import { TimeSeriesChart } from "../../chart/time-series-chart.tsx";
import { unitOf } from "../../chart/unit.ts";
import { queriesOf } from "../../promql/metric-queries.ts";
import { rateWindow } from "../../promql/resolution.ts";
import { useExemplars, useRangeQuery } from "../../promql/use-prometheus.ts";
import { ServiceName } from "../../service/service-name.tsx";
import { Failure } from "../../shell/failure.tsx";
import type { ResolvedRange } from "../../time/time-range.ts";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { Panel } from "./panel.tsx";

const MAX_DRAWN = 24;
/** More services than this would not fit beside the title. */
const MAX_NAMED = 5;
const NO_FRAME: Frame = { times: [], series: [] };
const NO_EXEMPLARS: readonly Exemplar[] = [];

interface LatencyPanelProps {
  readonly metric: CatalogueEntry;
  readonly range: ResolvedRange;
  readonly onSelect: (startMs: number, endMs: number) => void;
}

/** The 95th percentile of request durations by service; its exemplars are the way to the slow spans. */
export function LatencyPanel({ metric, range, onSelect }: LatencyPanelProps) {
  const search = useRangeSearch();
  const theme = useTheme();
  const query = queriesOf(metric, rateWindow(range))[0]?.query ?? "";
  const answer = useRangeQuery(query, range);
  const exemplars = useExemplars(query, range).data ?? NO_EXEMPLARS;
  const frame = answer.data ?? NO_FRAME;
  const series = useMemo(() => frame.series.slice(0, MAX_DRAWN), [frame]);
  const unit = useMemo(() => unitOf(metric.unit), [metric.unit]);
  return (
    <Panel
      title="p95 request duration"
      note={series.slice(0, MAX_NAMED).map(({ key, labels, last }) => (
        <span key={key} className="flex min-w-0 items-center gap-1.5">
          <ServiceName name={labels["job"] ?? ""} />
          <span className="font-mono text-text">{last === null ? "–" : unit.format(last)}</span>
        </span>
      ))}
      action={
        <Link to="/metrics" search={{ ...search, q: query }} className="text-sm text-accent hover:underline">
          Open in Metrics
        </Link>
      }
    >
      {answer.error !== null && <Failure error={answer.error} />}
      <div className="min-h-0 flex-1 pl-1">
        <TimeSeriesChart
          label={`95th percentile of ${metric.otelName} of ${series.length} services, with exemplars`}
          frame={frame}
          series={series}
          styles={series.map(({ key, labels }) => seriesStyle(labels["job"] ?? key, 0, theme))}
          startMs={range.startMs}
          endMs={range.endMs}
          unit={unit}
          exemplars={exemplars}
          exemplarsOnAxis
          exemplarUnit={unit}
          onSelect={onSelect}
        />
      </div>
      <p className="shrink-0 px-3 pb-2 text-xs text-muted">
        {exemplars.length > 0
          ? "Each diamond is a measured request: click it to open its span and its log lines. Drag to choose a time."
          : "No exemplars yet: they come with measurements made inside of a sampled span."}
      </p>
    </Panel>
  );
}

/** Histograms of request durations, by the names that the semantic conventions gave them over time. */
const KNOWN = [
  "http_server_request_duration_seconds",
  "http_server_duration_milliseconds",
  "rpc_server_call_duration_seconds",
  "rpc_server_duration_milliseconds",
];

export function latencyMetric(catalogue: readonly CatalogueEntry[]): CatalogueEntry | undefined {
  const histograms = catalogue.filter(({ type }) => type === "histogram" || type === "exponential_histogram");
  for (const name of KNOWN) {
    const known = histograms.find((entry) => entry.name === name);
    if (known !== undefined) return known;
  }
  return histograms.find(({ name, unit }) => name.includes("duration") && /^(?:s|ms)$/.test(unit));
}
