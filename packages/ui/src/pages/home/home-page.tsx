import { useMemo } from "react";
import type { Overview } from "../../api/types.ts";
import { bucketGrid } from "../../chart/bucket-grid.ts";
import { useCatalogue } from "../../promql/use-prometheus.ts";
import { Failure } from "../../shell/failure.tsx";
import { useMovingRange } from "../../chart/use-moving-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { ActivityPanel } from "./activity-panel.tsx";
import { LatencyPanel, latencyMetric } from "./latency-panel.tsx";
import { NothingYet } from "./nothing-yet.tsx";
import { Panel } from "./panel.tsx";
import { RecentErrors } from "./recent-errors.tsx";
import { ServicesTable } from "./services-table.tsx";
import { StatusLine } from "./status-line.tsx";
import { useActivity, useRecentErrors, useServices, useStatus } from "./use-overview.ts";

const NO_OVERVIEW: Overview = { services: [], activity: [] };
const BARS = 75;

/** What arrives, from whom, how much, and what fails. */
export function HomePage() {
  const range = useMovingRange();
  const overview = useServices(range);
  const status = useStatus();
  const services = overview.data?.services ?? NO_OVERVIEW.services;
  const isEmpty = overview.isSuccess && services.length === 0;
  return (
    <div className="flex h-full min-h-0 flex-col">
      {overview.error !== null && <Failure error={overview.error} />}
      {isEmpty && <NothingYet status={status.data?.status} />}
      {services.length > 0 && <Arriving overview={overview.data ?? NO_OVERVIEW} />}
      {overview.isPending && <div className="flex-1" />}
      <StatusLine history={status.data} />
    </div>
  );
}

function Arriving({ overview }: { readonly overview: Overview }) {
  const { setRange } = useTimeRange();
  const range = useMovingRange();
  const grid = useMemo(() => bucketGrid(range, BARS), [range]);
  const activity = useActivity(grid, range.endMs).data?.activity ?? NO_OVERVIEW.activity;
  const catalogue = useCatalogue(range);
  const metric = latencyMetric(catalogue.data ?? []);
  const errors = useRecentErrors(range).data?.records ?? [];
  const select = (from: number, to: number): void =>
    setRange({ from: String(Math.round(from)), to: String(Math.round(to)) });
  return (
    <div className="grid min-h-0 flex-1 auto-rows-[minmax(280px,1fr)] grid-cols-1 lg:grid-rows-[minmax(300px,6fr)_minmax(220px,4fr)] gap-3 overflow-y-auto p-3 lg:grid-cols-[minmax(0,8fr)_minmax(0,5fr)]">
      {metric !== undefined && <LatencyPanel metric={metric} range={range} onSelect={select} />}
      {catalogue.isPending && <Panel title="p95 request duration">{null}</Panel>}
      <ActivityPanel
        grid={grid}
        activity={activity}
        onSelect={select}
        isWide={catalogue.isSuccess && metric === undefined}
      />
      <ServicesTable services={overview.services} range={range} />
      <RecentErrors records={errors} />
    </div>
  );
}
