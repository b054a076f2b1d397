import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { LogRecord } from "../../api/types.ts";
import { AttributeTable } from "../../attributes/attribute-table.tsx";
import { formatDateTime, formatNanos, millisOf } from "../../format/format.ts";
import type { RangeSearch, TraceSearch } from "../../router.tsx";
import { severityOf } from "../../log/severity.ts";
import { serviceColour } from "../../service/service-colour.ts";
import { useRangeSearch, useResolvedRange } from "../../time/use-time-range.ts";
import type { TraceModel } from "../../trace/trace-model.ts";
import { exceptionOf } from "./exception.ts";
import { offsetOf } from "./log-ticks.ts";
import { StackTrace } from "./stack-trace.tsx";

interface SpanLogProps {
  readonly record: LogRecord;
  readonly model: TraceModel;
  readonly isSelected: boolean;
  /** Whether to tell which service logged it. */
  readonly hasService: boolean;
  readonly search: TraceSearch;
  readonly onPoint: (offsetNanos: number | undefined) => void;
  readonly onGoTo: (span: number) => void;
}

/** One log line; selected, it shows all that it carries. */
export function SpanLog({ record, model, isSelected, hasService, search, onPoint, onGoTo }: SpanLogProps) {
  const { skeleton } = model;
  const offset = offsetOf(skeleton, record);
  const severity = severityOf(record.severityNumber);
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return (
    <li
      ref={row}
      data-testid="span-log"
      data-log-id={record.id}
      onPointerEnter={() => onPoint(offset)}
      onPointerLeave={() => onPoint(undefined)}
      className={isSelected ? "bg-selected/50" : ""}
    >
      <Link
        to="/trace/$traceId"
        params={{ traceId: skeleton.traceId }}
        search={{ ...search, log: isSelected ? undefined : record.id } as TraceSearch}
        replace
        resetScroll={false}
        aria-expanded={isSelected}
        onFocus={() => onPoint(offset)}
        onBlur={() => onPoint(undefined)}
        className="flex items-baseline gap-2 px-3 py-0.5 text-sm hover:bg-hover focus-visible:outline-offset-[-2px]"
      >
        <span
          className="w-16 shrink-0 text-right font-mono text-muted"
          title={formatDateTime(millisOf(record.timestampUnixNano))}
        >
          {offset < 0 ? "−" : "+"}
          {formatNanos(Math.abs(offset))}
        </span>
        <span
          className="w-2.5 shrink-0 font-mono font-bold"
          style={{ color: severity.colour }}
          title={record.severityText || severity.name}
        >
          {severity.letter}
        </span>
        {hasService && (
          <span
            role="img"
            aria-label={record.service}
            title={record.service}
            className="size-2 shrink-0 rounded-sm"
            style={{ background: serviceColour(record.service) }}
          />
        )}
        <span
          className={`min-w-0 font-mono break-words ${isSelected ? "whitespace-pre-wrap" : "line-clamp-2"} ${record.severityNumber >= 17 ? "text-error" : ""}`}
        >
          {record.bodyText || record.eventName || "(no body)"}
        </span>
      </Link>
      {isSelected && <Expanded record={record} model={model} onGoTo={onGoTo} />}
    </li>
  );
}

function Expanded({ record, model, onGoTo }: Pick<SpanLogProps, "record" | "model" | "onGoTo">) {
  const { skeleton } = model;
  const span = skeleton.spans.spanId.indexOf(record.spanId);
  const exception = exceptionOf(record.attributes);
  return (
    <div className="space-y-1 pb-2 pl-[76px]">
      <p className="flex flex-wrap gap-x-4 text-sm text-muted">
        <Link
          to="/logs"
          search={{ ...useRangeAbout(record), traceId: skeleton.traceId, log: record.id }}
          className="text-accent hover:underline"
        >
          Open in Logs
        </Link>
        {span !== -1 && (
          <button type="button" className="text-accent hover:underline" onClick={() => onGoTo(span)}>
            Go to its span
          </button>
        )}
        <span>{formatDateTime(millisOf(record.timestampUnixNano))}</span>
        <span>{record.scope.name}</span>
      </p>
      {exception !== undefined && exception.stacktrace !== "" && (
        <div className="pr-2">
          <StackTrace text={exception.stacktrace} />
        </div>
      )}
      <AttributeTable
        label="Attributes of the log line"
        attributes={record.attributes.filter(({ key }) => key !== "exception.stacktrace")}
      />
    </div>
  );
}

const MARGIN_MS = 5 * 60_000;

/** The time range as it is, if the record lies in it; else one about the record. */
function useRangeAbout(record: LogRecord): RangeSearch {
  const range = useRangeSearch();
  const { startMs, endMs } = useResolvedRange();
  const timeMs = millisOf(record.timestampUnixNano);
  if (timeMs >= startMs && timeMs <= endMs) return range;
  return { from: String(Math.round(timeMs - MARGIN_MS)), to: String(Math.round(timeMs + MARGIN_MS)) };
}
