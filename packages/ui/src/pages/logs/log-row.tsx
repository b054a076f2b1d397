import { memo } from "react";
import type { LogRecord } from "../../api/types.ts";
import { formatClock, formatDateTime, millisOf } from "../../format/format.ts";
import { LogText } from "../../log/log-text.tsx";
import { TraceLink } from "../../log/trace-link.tsx";
import { severityOf } from "../../log/severity.ts";
import { serviceColour } from "../../service/service-colour.ts";

interface LogRowProps {
  readonly record: LogRecord;
  readonly isSelected: boolean;
  /** The date is told too: the records are not all of today. */
  readonly isDated: boolean;
}

const WITHOUT_YEAR = "2026-".length;

/** A record on one line of 24 px. */
export const LogRow = memo(function LogRow({ record, isSelected, isDated }: LogRowProps) {
  const timeMs = millisOf(record.timestampUnixNano);
  const severity = severityOf(record.severityNumber);
  const isError = severity.from >= 17;
  return (
    <div
      className={`group flex h-6 items-center gap-2 border-l-[3px] pr-3 pl-2 text-sm ${isSelected ? "bg-selected" : "hover:bg-hover"}`}
      style={{ borderLeftColor: severity.colour }}
    >
      <span
        role="gridcell"
        title={formatDateTime(timeMs)}
        className={`${isDated ? "w-[132px]" : "w-[88px]"} shrink-0 font-mono text-muted`}
      >
        {isDated ? formatDateTime(timeMs).slice(WITHOUT_YEAR) : formatClock(timeMs)}
      </span>
      <span
        role="gridcell"
        aria-label={severity.name}
        title={record.severityText === "" ? severity.name : record.severityText}
        className={`w-3 shrink-0 text-center font-mono ${isError ? "font-bold" : ""}`}
        style={{ color: severity.from >= 13 ? severity.colour : "var(--muted)" }}
      >
        {severity.letter}
      </span>
      <span role="gridcell" className="flex w-36 shrink-0 items-center gap-1.5">
        <span
          aria-hidden
          className="size-2.5 shrink-0 rounded-sm"
          style={{ background: serviceColour(record.service) }}
        />
        <span className="truncate">{record.service}</span>
      </span>
      <span role="gridcell" className="flex min-w-0 flex-1">
        <LogText record={record} />
      </span>
      {record.traceId !== "" && (
        <span role="gridcell" className="shrink-0">
          <TraceLink
            record={record}
            className="rounded-sm px-1 text-sm text-accent opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 hover:underline"
          >
            trace →
          </TraceLink>
        </span>
      )}
    </div>
  );
});
