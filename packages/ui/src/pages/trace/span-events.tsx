import type { KeyValue, SpanDetail, TraceSkeleton } from "../../api/types.ts";
import { AttributeTable } from "../../attributes/attribute-table.tsx";
import { formatNanos } from "../../format/format.ts";
import { exceptionOf } from "./exception.ts";
import { StackTrace } from "./stack-trace.tsx";

interface SpanEventsProps {
  readonly detail: SpanDetail;
  readonly skeleton: TraceSkeleton;
  readonly onPoint: (offsetNanos: number | undefined) => void;
}

/** What happened during the span, with exceptions as a developer wants to read them. */
export function SpanEvents({ detail, skeleton, onPoint }: SpanEventsProps) {
  const { events = [], droppedEventsCount = 0 } = detail;
  return (
    <ol className="space-y-2">
      {events.map((event, i) => {
        const offset = Number(BigInt(event.timeUnixNano) - BigInt(skeleton.startUnixNano));
        const attributes = event.attributes ?? [];
        const exception = exceptionOf(attributes);
        return (
          <li
            // oxlint-disable-next-line react/no-array-index-key -- two events may be alike, and none moves
            key={i}
            onPointerEnter={() => onPoint(offset)}
            onPointerLeave={() => onPoint(undefined)}
            className="px-2"
          >
            <p className="flex items-baseline gap-2 text-sm">
              <span className="shrink-0 font-mono text-muted">+{formatNanos(offset)}</span>
              <span className={`font-medium break-words ${exception === undefined ? "" : "text-error"}`}>
                {exception === undefined ? event.name || "(no name)" : exception.type || event.name}
              </span>
            </p>
            {exception !== undefined && exception.message !== "" && (
              <p className="mt-0.5 text-sm break-words whitespace-pre-wrap">{exception.message}</p>
            )}
            {exception !== undefined && exception.stacktrace !== "" && <StackTrace text={exception.stacktrace} />}
            <div className="-mx-2 mt-1">
              <AttributeTable
                label={`Attributes of ${event.name ?? "the event"}`}
                attributes={exception === undefined ? attributes : otherThanException(attributes)}
              />
            </div>
          </li>
        );
      })}
      {droppedEventsCount > 0 && (
        <li className="px-2 text-sm text-warning">{droppedEventsCount} more were dropped before they arrived</li>
      )}
    </ol>
  );
}

const SHOWN_ALREADY = new Set(["exception.type", "exception.message", "exception.stacktrace"]);

function otherThanException(attributes: readonly KeyValue[]): readonly KeyValue[] {
  return attributes.filter(({ key }) => !SHOWN_ALREADY.has(key));
}
