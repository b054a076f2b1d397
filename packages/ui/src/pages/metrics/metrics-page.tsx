import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { CatalogueEntry } from "../../api/types.ts";
import { queriesOf } from "../../promql/metric-queries.ts";
import { PromqlEditor } from "../../promql/promql-editor.tsx";
import { subjectOf } from "../../promql/query-subject.ts";
import { rateWindow } from "../../promql/resolution.ts";
import { useCatalogue } from "../../promql/use-prometheus.ts";
import { Failure } from "../../shell/failure.tsx";
import { useMovingRange } from "../../chart/use-moving-range.ts";
import { Catalogue } from "./catalogue.tsx";
import { MetricHeading } from "./metric-heading.tsx";
import { QueryResult } from "./query-result.tsx";

const NONE: readonly CatalogueEntry[] = [];

/** The catalogue of metrics, and the chart of any PromQL. */
export function MetricsPage() {
  const { q = "", find = "" } = useSearch({ from: "/metrics" });
  const navigate = useNavigate({ from: "/metrics" });
  const range = useMovingRange();
  const catalogue = useCatalogue(range);
  const entries = catalogue.data ?? NONE;
  const subject = useMemo(() => subjectOf(q, entries), [q, entries]);
  const window = rateWindow(range);
  const show = (query: string): void => void navigate({ search: (before) => ({ ...before, q: query.trim() }) });
  return (
    <div className="flex h-full min-h-0">
      <Catalogue
        entries={entries}
        isLoading={catalogue.isPending}
        find={find}
        selected={subject.entry?.name}
        onFind={(text) => void navigate({ search: (before) => ({ ...before, find: text }), replace: true })}
        onChoose={(entry) => show(queriesOf(entry, window)[0]?.query ?? entry.name)}
      />
      <section aria-label="Query" className="flex min-w-0 flex-1 flex-col">
        <div className="shrink-0 space-y-2 border-b border-line bg-surface px-3 py-2">
          <PromqlEditor value={q} onRun={show} />
          {subject.entry !== undefined && (
            <MetricHeading entry={subject.entry} queries={queriesOf(subject.entry, window)} query={q} onChoose={show} />
          )}
        </div>
        {catalogue.error !== null && <Failure error={catalogue.error} />}
        {q === "" ? (
          <Nothing hasMetrics={entries.length > 0 || catalogue.isPending} />
        ) : (
          <QueryResult query={q} catalogue={entries} subject={subject} range={range} />
        )}
      </section>
    </div>
  );
}

function Nothing({ hasMetrics }: { readonly hasMetrics: boolean }) {
  return (
    <div className="grid flex-1 place-items-center p-6 text-center text-muted">
      {hasMetrics ? (
        <p>
          Choose a metric on the left, or write PromQL above.
          <br />
          Diamonds on a chart are exemplars: one click opens the very span that was measured.
        </p>
      ) : (
        <p>
          No metric arrived in this time range.
          <br />
          Widen the range above, or see Home for how to send some.
        </p>
      )}
    </div>
  );
}
