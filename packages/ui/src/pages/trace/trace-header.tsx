import { Link, useRouter } from "@tanstack/react-router";
import { CopyButton } from "../../attributes/copy-button.tsx";
import { formatDateTime, formatNanos } from "../../format/format.ts";
import type { TraceSearch } from "../../router.tsx";
import { ServiceName } from "../../service/service-name.tsx";
import { DEFAULT_RANGE, frozen } from "../../time/time-range.ts";
import { useRangeSearch } from "../../time/use-time-range.ts";
import { nameOf, serviceOf, type TraceModel } from "../../trace/trace-model.ts";
import { startMs } from "./use-trace.ts";

interface TraceHeaderProps {
  readonly model: TraceModel;
  readonly search: TraceSearch;
  readonly selected: number;
  readonly errors: readonly number[];
  readonly onError: (step: 1 | -1) => void;
}

/** What the trace is, in two lines. */
export function TraceHeader({ model, search, selected, errors, onError }: TraceHeaderProps) {
  const { skeleton, root } = model;
  const range = useRangeSearch();
  const linkOf = useFrozenLink(skeleton.traceId, search);
  const isSpanMissing = search.span !== undefined && !skeleton.spans.spanId.includes(search.span);
  return (
    <header className="shrink-0 border-b border-line bg-surface px-3 py-2">
      <div className="flex items-center gap-3">
        <Link to="/traces" search={range} className="text-muted hover:text-text" aria-label="Search traces">
          Traces
        </Link>
        <span aria-hidden className="-mx-1.5 text-faint">
          /
        </span>
        <h1 className="flex min-w-0 items-center gap-2 text-lg font-semibold tracking-tight">
          <ServiceName name={serviceOf(skeleton, root)} />
          <span className="truncate font-normal">{nameOf(skeleton, root)}</span>
        </h1>
        <div className="ml-auto flex shrink-0 items-center gap-1">
          {errors.length > 0 && <ErrorSteps count={errors.length} at={errors.indexOf(selected)} onStep={onError} />}
          <CopyButton text={() => skeleton.traceId} label={`Copy the trace id ${skeleton.traceId}`}>
            Copy id
          </CopyButton>
          <CopyButton text={linkOf} label="Copy a link to what is shown, with the time range fixed">
            Copy link
          </CopyButton>
        </div>
      </div>
      <dl className="mt-1 flex flex-wrap items-baseline gap-x-5 gap-y-0.5 text-sm">
        <Fact name="Started" value={formatDateTime(startMs(skeleton))} />
        <Fact name="Duration" value={formatNanos(model.totalNanos)} />
        <Fact name="Spans" value={model.count.toLocaleString()} />
        <Fact name="Services" value={String(skeleton.services.length)} />
        <Fact name="Depth" value={String(model.maxDepth + 1)} />
        <Fact name="Errors" value={String(errors.length)} isError={errors.length > 0} />
        <Fact name="Id" value={skeleton.traceId} isMono />
      </dl>
      {isSpanMissing && (
        <p role="status" className="mt-1 text-sm text-warning">
          ▲ Span <span className="font-mono">{search.span}</span> is not in this trace, or has not arrived yet. Another
          one is shown.
        </p>
      )}
    </header>
  );
}

interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly isError?: boolean;
  readonly isMono?: boolean;
}

function Fact({ name, value, isError = false, isMono = false }: FactProps) {
  return (
    <div className="flex items-baseline gap-1.5">
      <dt className="text-muted">{name}</dt>
      <dd className={`${isError ? "font-medium text-error" : ""} ${isMono ? "font-mono" : ""}`}>{value}</dd>
    </div>
  );
}

interface ErrorStepsProps {
  readonly count: number;
  /** Which error is selected, -1 for none. */
  readonly at: number;
  readonly onStep: (step: 1 | -1) => void;
}

function ErrorSteps({ count, at, onStep }: ErrorStepsProps) {
  const button = "grid h-full w-6 place-items-center hover:bg-error/15";
  return (
    <div className="mr-2 flex h-6 items-center overflow-hidden rounded-md bg-error-soft text-sm text-error">
      <button
        type="button"
        className={button}
        title="Previous error (E)"
        aria-label="Previous error"
        onClick={() => onStep(-1)}
      >
        ‹
      </button>
      <span className="px-1">
        {at === -1 ? "" : `${at + 1} of `}
        {count} {count === 1 ? "error" : "errors"}
      </span>
      <button type="button" className={button} title="Next error (e)" aria-label="Next error" onClick={() => onStep(1)}>
        ›
      </button>
    </div>
  );
}

/** A link that shows the same tomorrow. */
function useFrozenLink(traceId: string, search: TraceSearch): () => string {
  const router = useRouter();
  return () => {
    const range = { from: search.from ?? DEFAULT_RANGE.from, to: search.to ?? DEFAULT_RANGE.to };
    const { href } = router.buildLocation({
      to: "/trace/$traceId",
      params: { traceId },
      search: { ...search, ...frozen(range, Date.now()) },
    });
    return new URL(href, window.location.origin).href;
  };
}
