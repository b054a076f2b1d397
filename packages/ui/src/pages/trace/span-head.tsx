import { Link } from "@tanstack/react-router";
import type { SpanDetail } from "../../api/types.ts";
import { CopyButton } from "../../attributes/copy-button.tsx";
import { formatNanos, formatPercent } from "../../format/format.ts";
import { ServiceName } from "../../service/service-name.tsx";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { criticalSelfNanos, type CriticalPath } from "../../trace/critical-path.ts";
import {
  durationOf,
  endOf,
  isError,
  nameOf,
  PARENT_MISSING,
  serviceOf,
  startOf,
  type TraceModel,
} from "../../trace/trace-model.ts";
import type { Exception } from "./exception.ts";

const KINDS = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"];
const STATUS_OK = 1;

interface SpanHeadProps {
  readonly model: TraceModel;
  readonly path: CriticalPath;
  readonly span: number;
  readonly detail: SpanDetail | undefined;
  readonly exception: Exception | undefined;
  readonly onGoTo: (span: number) => void;
}

/** Which span it is, how it went, and when. */
export function SpanHead({ model, path, span, detail, exception, onGoTo }: SpanHeadProps) {
  const { skeleton } = model;
  const spanId = skeleton.spans.spanId[span] ?? "";
  const service = serviceOf(skeleton, span);
  const range = useRangeSearch();
  return (
    <div className="space-y-2.5 p-3">
      <div>
        <div className="flex items-start gap-2">
          <h2 className="min-w-0 text-lg leading-snug font-semibold break-words">{nameOf(skeleton, span)}</h2>
          <CopyButton text={() => spanId} label={`Copy the span id ${spanId}`} className="ml-auto" />
        </div>
        <p className="mt-0.5 flex min-w-0 items-center gap-2 text-sm">
          <Link
            to="/traces"
            search={{ ...range, service, operation: nameOf(skeleton, span) }}
            title="More traces with this operation"
            className="min-w-0 hover:underline"
          >
            <ServiceName name={service} />
          </Link>
          <span aria-hidden className="text-faint">
            ·
          </span>
          <span className="text-muted">{KINDS[skeleton.spans.kind[span] ?? 0] ?? "Unspecified"}</span>
          {skeleton.spans.status[span] === STATUS_OK && <span className="text-ok">✓ OK</span>}
        </p>
      </div>
      {isError(skeleton, span) && <Trouble detail={detail} exception={exception} />}
      <Times model={model} path={path} span={span} onGoTo={onGoTo} />
    </div>
  );
}

/** Why it failed, as far as the span tells. */
function Trouble({ detail, exception }: Pick<SpanHeadProps, "detail" | "exception">) {
  const message = detail?.status?.message ?? "";
  const said = exception?.message ?? "";
  return (
    <div className="rounded-md border border-error/30 bg-error-soft px-2.5 py-1.5 text-sm">
      <p className="font-semibold text-error">{exception?.type || "Error"}</p>
      {message !== "" && <p className="break-words whitespace-pre-wrap">{message}</p>}
      {said !== "" && !message.includes(said) && <p className="break-words whitespace-pre-wrap">{said}</p>}
      {detail !== undefined && message === "" && said === "" && (
        <p className="text-muted">The span says that it failed, not why.</p>
      )}
    </div>
  );
}

function Times({ model, path, span, onGoTo }: Pick<SpanHeadProps, "model" | "path" | "span" | "onGoTo">) {
  const { skeleton, totalNanos, selfNanos } = model;
  const parent = model.parent[span]!;
  const duration = durationOf(skeleton, span);
  const self = selfNanos[span]!;
  const critical = criticalSelfNanos(path, span);
  const late = parent >= 0 ? endOf(skeleton, span) - endOf(skeleton, parent) : 0;
  return (
    <>
      <dl className="grid grid-cols-4 gap-x-3 text-sm">
        <Time name="Starts" value={`+${formatNanos(startOf(skeleton, span))}`} />
        <Time name="Duration" value={formatNanos(duration)} more={`${formatPercent(duration, totalNanos)} of trace`} />
        <Time name="Own time" value={formatNanos(self)} more={`${formatPercent(self, duration)} of span`} />
        <Time
          name="Critical path"
          value={critical === 0 ? "–" : formatNanos(critical)}
          more={critical === 0 ? "not on it" : `${formatPercent(critical, totalNanos)} of trace`}
        />
      </dl>
      {late > 0 && <p className="text-sm text-muted">Ran on for {formatNanos(late)} after its parent had ended.</p>}
      {parent === PARENT_MISSING && (
        <p className="text-sm text-muted">Its parent is not in the trace: late, sampled out, or from elsewhere.</p>
      )}
      {parent >= 0 && (
        <p className="truncate text-sm text-muted">
          Called by{" "}
          <button type="button" className="text-text hover:underline" onClick={() => onGoTo(parent)}>
            {serviceOf(skeleton, parent)} · {nameOf(skeleton, parent)}
          </button>
        </p>
      )}
    </>
  );
}

interface TimeProps {
  readonly name: string;
  readonly value: string;
  readonly more?: string;
}

function Time({ name, value, more }: TimeProps) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="font-medium">{value}</dd>
      {more !== undefined && <dd className="text-xs text-muted">{more}</dd>}
    </div>
  );
}
