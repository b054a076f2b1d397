import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { LogRecord } from "../../api/types.ts";
import { formatClock, millisOf } from "../../format/format.ts";
import { LogText } from "../../log/log-text.tsx";
import { severityOf } from "../../log/severity.ts";
import { TraceLink } from "../../log/trace-link.tsx";
import { serviceColour } from "../../service/service-colour.ts";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { Panel } from "./panel.tsx";

const LEAST_ERROR = "17";

/** Error logs, newest first, each leading to its span, or to its place among the logs. */
export function RecentErrors({ records }: { readonly records: readonly LogRecord[] }) {
  const range = useRangeSearch();
  return (
    <Panel
      title="Recent errors"
      action={
        <Link
          to="/logs"
          search={{ ...range, severity: LEAST_ERROR }}
          className="text-sm whitespace-nowrap text-accent hover:underline"
        >
          All error logs
        </Link>
      }
    >
      {records.length === 0 ? (
        <p className="px-3 py-6 text-center text-muted">No error was logged in this time range.</p>
      ) : (
        <ol className="min-h-0 flex-1 overflow-y-auto border-t border-line py-0.5">
          {records.map((record) => (
            <li key={record.id}>
              <ErrorLink record={record}>
                <span className="shrink-0 font-mono text-muted">
                  {formatClock(millisOf(record.timestampUnixNano)).slice(0, 8)}
                </span>
                <span className="w-3 shrink-0 text-center font-mono font-semibold text-error">
                  {severityOf(record.severityNumber).letter}
                </span>
                <span
                  role="img"
                  aria-label={record.service}
                  title={record.service}
                  className="size-2.5 shrink-0 rounded-sm"
                  style={{ background: serviceColour(record.service) }}
                />
                <LogText record={record} />
                <span className="shrink-0 text-xs text-faint group-hover:text-accent">
                  {record.traceId === "" ? "log" : "span"} →
                </span>
              </ErrorLink>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

const ROW = "group flex h-6 items-center gap-2 px-3 text-sm hover:bg-hover outline-offset-[-2px]";

function ErrorLink({ record, children }: { readonly record: LogRecord; readonly children: ReactNode }) {
  const range = useRangeSearch();
  const { id, traceId, bodyText } = record;
  if (traceId === "") {
    return (
      <Link to="/logs" search={{ ...range, severity: LEAST_ERROR, log: id }} className={ROW} title={bodyText}>
        {children}
      </Link>
    );
  }
  return (
    <TraceLink record={record} className={ROW} title={bodyText}>
      {children}
    </TraceLink>
  );
}
