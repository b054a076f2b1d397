import type { CatalogueEntry } from "../../api/types.ts";
import type { MetricQuery } from "../../promql/metric-queries.ts";
import { Services } from "./catalogue.tsx";
import { typeName } from "./type-mark.tsx";

interface MetricHeadingProps {
  readonly entry: CatalogueEntry;
  readonly queries: readonly MetricQuery[];
  readonly query: string;
  readonly onChoose: (query: string) => void;
}

/** What the query's metric is, and other questions about it. */
export function MetricHeading({ entry, queries, query, onChoose }: MetricHeadingProps) {
  const { otelName, unit, description, services, temporality } = entry;
  const facts = [typeName(entry), ...(temporality === 1 ? ["delta"] : []), ...(unit === "" ? [] : [`unit ${unit}`])];
  return (
    <div className="flex min-h-6 flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <div role="group" aria-label="Questions about this metric" className="flex rounded-md border border-line">
        {queries.map((one) => (
          <button
            key={one.label}
            type="button"
            title={one.query}
            aria-pressed={normal(one.query) === normal(query)}
            onClick={() => onChoose(one.query)}
            className="h-6 border-r border-line px-2.5 first:rounded-l-md last:rounded-r-md last:border-0 hover:bg-hover aria-pressed:bg-selected aria-pressed:font-medium"
          >
            {one.label}
          </button>
        ))}
      </div>
      <span className="font-mono">{otelName}</span>
      <span className="text-muted">{facts.join(" · ")}</span>
      <Services names={services} />
      {description !== "" && (
        <span className="min-w-24 flex-[1_1_0] truncate text-muted" title={description}>
          {description}
        </span>
      )}
    </div>
  );
}

/** The window of `rate` follows the time range, and does not make another question. */
function normal(query: string): string {
  return query.replaceAll(/\s+/g, "").replaceAll(/\[\w+\]/g, "[]");
}
