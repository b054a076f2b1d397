import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ServiceOverview } from "../../api/types.ts";
import { formatNumber } from "../../chart/unit.ts";
import { formatAgo, formatCount, formatNanos, formatPercent, millisOf } from "../../format/format.ts";
import { serviceColour } from "../../service/service-colour.ts";
import { ServiceName } from "../../service/service-name.tsx";
import type { ResolvedRange } from "../../time/time-range.ts";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { Panel } from "./panel.tsx";

const LEAST_ERROR = "17";
const HEAD =
  "sticky top-0 z-[2] h-7 bg-surface px-2 text-right text-xs font-normal whitespace-nowrap text-muted shadow-[0_1px_0_var(--line)]";

interface ServicesTableProps {
  readonly services: readonly ServiceOverview[];
  readonly range: ResolvedRange;
}

/** Who sends, how much, how fast, and how much of it failed. */
export function ServicesTable({ services, range }: ServicesTableProps) {
  const seconds = (range.endMs - range.startMs) / 1_000;
  const slowest = Math.max(...services.map(({ p99Nanos }) => p99Nanos), 1);
  const busiest = Math.max(...services.map(({ requests }) => requests), 1);
  return (
    <Panel title="Services" note={String(services.length)}>
      <div className="min-h-0 flex-1 overflow-auto">
        <table className="w-full border-collapse text-sm">
          <thead>
            <tr>
              <th scope="col" className={`${HEAD} pl-3 !text-left`}>
                Service
              </th>
              {["Requests/s", "Errors", "p50", "p95", "p99", "Logs", "Error logs", "Series"].map((title) => (
                <th key={title} scope="col" className={`${HEAD} ${title === "Series" ? "max-xl:hidden" : ""}`}>
                  {title}
                </th>
              ))}
              <th scope="col" className={`${HEAD} pr-3`}>
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {services.map((service) => (
              <ServiceRow
                key={service.service}
                service={service}
                seconds={seconds}
                slowestNanos={slowest}
                busiest={busiest}
                nowMs={range.endMs}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

interface ServiceRowProps {
  readonly service: ServiceOverview;
  readonly seconds: number;
  readonly slowestNanos: number;
  readonly busiest: number;
  readonly nowMs: number;
}

function ServiceRow({ service: one, seconds, slowestNanos, busiest, nowMs }: ServiceRowProps) {
  const range = useRangeSearch();
  const { service, requests, errors } = one;
  const colour = serviceColour(service);
  const hasRequests = requests > 0;
  return (
    <tr className="group relative h-8 border-b border-line/60 last:border-0 hover:bg-hover">
      <th scope="row" className="max-w-56 pr-2 pl-3 text-left font-medium">
        <Link
          to="/traces"
          search={{ ...range, service }}
          className="flex after:absolute after:inset-0 group-hover:underline"
        >
          <ServiceName name={service} />
        </Link>
      </th>
      <Figure bar={requests / busiest} colour={colour}>
        {hasRequests ? formatNumber(requests / seconds) : "–"}
      </Figure>
      <Figure bar={requests === 0 ? 0 : errors / requests} colour="var(--error)">
        {errors > 0 ? (
          <Link
            to="/traces"
            search={{ ...range, service, error: "true" }}
            className="relative z-[1] text-error hover:underline"
            title={`${errors} of ${requests} requests failed: show their traces`}
          >
            {formatPercent(errors, requests)}
          </Link>
        ) : (
          <span className="text-muted">{formatPercent(errors, requests)}</span>
        )}
      </Figure>
      {[one.p50Nanos, one.p95Nanos, one.p99Nanos].map((nanos, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- the three columns never move
        <Figure key={i} bar={hasRequests ? nanos / slowestNanos : 0} colour={colour}>
          {hasRequests ? formatNanos(nanos) : "–"}
        </Figure>
      ))}
      <Figure>
        {one.logs > 0 ? (
          <Link to="/logs" search={{ ...range, service: [service] }} className="relative z-[1] hover:underline">
            {formatCount(one.logs)}
          </Link>
        ) : (
          "–"
        )}
      </Figure>
      <Figure>
        {one.errorLogs > 0 ? (
          <Link
            to="/logs"
            search={{ ...range, service: [service], severity: LEAST_ERROR }}
            className="relative z-[1] text-error hover:underline"
          >
            {formatCount(one.errorLogs)}
          </Link>
        ) : (
          <span className="text-muted">0</span>
        )}
      </Figure>
      <Figure className="max-xl:hidden">{formatCount(one.series)}</Figure>
      <td className="pr-3 pl-2 text-right whitespace-nowrap text-muted">
        {one.lastSeenUnixNano === "0" ? "–" : formatAgo(millisOf(one.lastSeenUnixNano), nowMs)}
      </td>
    </tr>
  );
}

interface FigureProps {
  /** From 0 to 1. */
  readonly bar?: number;
  readonly colour?: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A number, above a bar that tells its size among its like. */
function Figure({ bar, colour, className = "", children }: FigureProps) {
  return (
    <td className={`w-20 min-w-16 px-2 text-right font-mono whitespace-nowrap ${className}`}>
      {children}
      {bar !== undefined && (
        <span aria-hidden className="mt-px block h-[3px] w-full overflow-hidden rounded-sm bg-raised">
          <span className="ml-auto block h-full rounded-sm" style={{ width: `${bar * 100}%`, background: colour }} />
        </span>
      )}
    </td>
  );
}
