import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { TraceSummary } from "../../api/types.ts";
import { formatClock, formatDateTime, formatNanos, millisOf } from "../../format/format.ts";
import { serviceColour } from "../../service/service-colour.ts";
import { ServiceName } from "../../service/service-name.tsx";
import { useRangeSearch } from "../../time/use-time-range.ts";

export const ROW_PX = 28;
export const COLUMNS = "grid-cols-[minmax(220px,1fr)_108px_minmax(140px,240px)_56px_56px_minmax(160px,340px)] gap-x-3";
const MOST_CHIPS = 3;

interface TraceRowProps {
  readonly trace: TraceSummary;
  readonly slowestNanos: number;
  readonly isMarked: boolean;
  readonly onMark: (traceId: string) => void;
}

export const TraceRow = memo(function TraceRow({ trace, slowestNanos, isMarked, onMark }: TraceRowProps) {
  const { traceId, rootService, rootOperation, spanCount, errorCount } = trace;
  const range = useRangeSearch();
  const duration = Number(trace.durationNanos);
  const startMs = millisOf(trace.startUnixNano);
  return (
    <Link
      to="/trace/$traceId"
      params={{ traceId }}
      search={range}
      data-testid="trace-row"
      data-trace-id={traceId}
      onFocus={() => onMark(traceId)}
      onPointerMove={({ movementX, movementY }) => {
        // Rows that scroll under a resting pointer are not pointed at.
        if (movementX !== 0 || movementY !== 0) onMark(traceId);
      }}
      className={`grid items-center border-b border-line/50 px-3 text-sm focus-visible:outline-offset-[-2px] ${COLUMNS} ${isMarked ? "bg-hover" : ""}`}
      style={{ height: ROW_PX }}
    >
      <span className="flex min-w-0 items-center gap-2">
        <span className="max-w-[45%] shrink-0 font-medium">
          <ServiceName name={rootService} />
        </span>
        <span className="truncate">{rootOperation || "(root not here)"}</span>
      </span>
      <time className="font-mono text-muted" title={formatDateTime(startMs)}>
        {formatClock(startMs)}
      </time>
      <span className="flex items-center gap-2">
        <span className="w-14 shrink-0 text-right">{formatNanos(duration)}</span>
        <span aria-hidden className="h-2 min-w-0 flex-1 overflow-hidden rounded-sm bg-line/60">
          <span
            className={`block h-full rounded-sm ${errorCount > 0 ? "bg-error" : "bg-accent/70"}`}
            style={{ width: `max(2px, ${(duration / slowestNanos) * 100}%)` }}
          />
        </span>
      </span>
      <span className="text-right">{spanCount}</span>
      <span className={`text-right ${errorCount > 0 ? "font-medium text-error" : "text-faint"}`}>
        {errorCount > 0 ? (
          <>
            <span aria-hidden className="mr-1.5 inline-block size-1.5 rotate-45 bg-error align-middle" />
            {errorCount}
          </>
        ) : (
          "–"
        )}
      </span>
      <Chips services={trace.services} />
    </Link>
  );
});

function Chips({ services }: Pick<TraceSummary, "services">) {
  const hidden = services.slice(MOST_CHIPS);
  return (
    <span className="flex min-w-0 items-center gap-1 overflow-hidden pl-4">
      {services.slice(0, MOST_CHIPS).map(({ name, spanCount, errorCount }) => (
        <span
          key={name}
          title={`${name}: ${spanCount} spans, ${errorCount} errors`}
          className="flex h-5 min-w-0 items-center gap-1.5 rounded-sm border border-line bg-surface px-1.5 text-xs"
        >
          <span aria-hidden className="size-2 shrink-0 rounded-sm" style={{ background: serviceColour(name) }} />
          <span className="truncate">{name}</span>
          <span className="text-muted">{spanCount}</span>
          {errorCount > 0 && <span className="font-semibold text-error">!{errorCount}</span>}
        </span>
      ))}
      {hidden.length > 0 && (
        <span className="shrink-0 text-xs text-muted" title={hidden.map(({ name }) => name).join(", ")}>
          +{hidden.length}
        </span>
      )}
    </span>
  );
}
