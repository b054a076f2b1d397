import { useMemo, useState } from "react";
import type { LogRecord } from "../../api/types.ts";
import type { TraceSearch } from "../../router.tsx";
import { Failure } from "../../shell/failure.tsx";
import type { TraceModel } from "../../trace/trace-model.ts";
import { SpanLog } from "./span-log.tsx";
import type { TraceSearchChange } from "./use-trace-view.ts";
import { useSpanLogs, type FoundLogs } from "./use-trace.ts";

const SCOPES = [
  { scope: "span", label: "Span", whose: "This span" },
  { scope: "subtree", label: "Subtree", whose: "This span and all below it" },
  { scope: "trace", label: "Trace", whose: "The whole trace" },
] as const;
type Scope = (typeof SCOPES)[number]["scope"];

/** More lines than these are shown when asked for. */
const FIRST_LINES = 60;

interface SpanLogsProps {
  readonly model: TraceModel;
  readonly span: number;
  readonly ofTrace: FoundLogs | undefined;
  readonly error: Error | null;
  readonly search: TraceSearch;
  readonly setSearch: (change: TraceSearchChange) => void;
  readonly onPoint: (offsetNanos: number | undefined) => void;
  readonly onGoTo: (span: number) => void;
}

/** What was logged in the span, below it, or in the whole trace. */
export function SpanLogs(props: SpanLogsProps) {
  const { model, span, ofTrace, error, search, setSearch, onPoint, onGoTo } = props;
  const { skeleton } = model;
  const counts = useMemo(() => countsOf(model, span, ofTrace), [model, span, ofTrace]);
  const chosen = SCOPES.find((one) => one.scope === search.scope)?.scope;
  // Unless one chooses, it is the narrowest that has something to say.
  const scope: Scope = chosen ?? SCOPES.find((one) => (counts?.[one.scope] ?? 0) > 0)?.scope ?? "span";
  const spanIds = useMemo(() => idsBelow(model, span, scope), [model, span, scope]);
  const ofSpans = useSpanLogs(skeleton, ofTrace, spanIds);
  const logs = scope === "trace" ? ofTrace : ofSpans.logs;
  const failure = error ?? ofSpans.error;
  return (
    <section aria-label="Logs" className="border-t border-line pb-2">
      <div className="sticky top-0 z-10 flex h-8 items-center gap-2 bg-surface pr-2 pl-3">
        <h3 className="text-sm font-semibold">Logs</h3>
        <div role="radiogroup" aria-label="Whose logs" className="ml-auto flex rounded-md bg-raised p-0.5 text-sm">
          {SCOPES.map((one) => (
            <button
              key={one.scope}
              type="button"
              role="radio"
              aria-checked={scope === one.scope}
              title={one.whose}
              onClick={() => setSearch({ scope: one.scope })}
              className="flex h-5.5 items-center gap-1.5 rounded-[5px] px-2 text-muted hover:text-text aria-checked:bg-surface aria-checked:text-text aria-checked:shadow-sm dark:aria-checked:bg-hover"
            >
              {one.label}
              {counts !== undefined && <span className="text-xs text-faint">{counts[one.scope]}</span>}
            </button>
          ))}
        </div>
      </div>
      {chosen === undefined && scope !== "span" && (
        <p className="px-3 pb-1 text-sm text-muted">
          Nothing was logged in this span{scope === "trace" ? " or below it" : ""}. The {scope}’s lines:
        </p>
      )}
      {failure !== null && <Failure error={failure} />}
      {logs !== undefined && (
        <Lines key={`${span} ${scope}`} logs={logs} {...{ model, scope, counts, search, setSearch, onPoint, onGoTo }} />
      )}
    </section>
  );
}

interface LinesProps extends Pick<SpanLogsProps, "model" | "search" | "setSearch" | "onPoint" | "onGoTo"> {
  readonly logs: FoundLogs;
  readonly scope: Scope;
  readonly counts: Readonly<Record<Scope, number>> | undefined;
}

function Lines({ logs, scope, counts, model, search, setSearch, onPoint, onGoTo }: LinesProps) {
  const [isWhole, setWhole] = useState(false);
  const { records } = logs;
  if (records.length === 0) return <NoLines scope={scope} counts={counts} setSearch={setSearch} />;
  const mustShow = isWhole || records.findIndex(({ id }) => id === search.log) >= FIRST_LINES;
  const shown: readonly LogRecord[] = mustShow ? records : records.slice(0, FIRST_LINES);
  return (
    <>
      <ol>
        {shown.map((record) => (
          <SpanLog
            key={record.id}
            record={record}
            model={model}
            isSelected={record.id === search.log}
            hasService={scope !== "span"}
            search={search}
            onPoint={onPoint}
            onGoTo={onGoTo}
          />
        ))}
      </ol>
      {shown.length < records.length && (
        <button type="button" className="mx-3 mt-1 text-sm text-accent hover:underline" onClick={() => setWhole(true)}>
          Show all {records.length} lines
        </button>
      )}
      {logs.isCut && (
        <p className="px-3 pt-1 text-sm text-muted">
          The trace has more lines than these first {records.length}; open one in Logs to see them all.
        </p>
      )}
    </>
  );
}

function NoLines({ scope, counts, setSearch }: Pick<LinesProps, "scope" | "counts" | "setSearch">) {
  const wider =
    scope === "span" && (counts?.subtree ?? 0) > 0 ? "subtree" : (counts?.trace ?? 0) > 0 ? "trace" : undefined;
  return (
    <p className="px-3 text-sm text-muted">
      {scope === "trace" ? "Nothing was logged in this trace." : `Nothing was logged in this ${scope}.`}{" "}
      {wider !== undefined && wider !== scope && (
        <button type="button" className="text-accent hover:underline" onClick={() => setSearch({ scope: wider })}>
          Show the {wider}’s {counts?.[wider]} {counts?.[wider] === 1 ? "line" : "lines"}
        </button>
      )}
    </p>
  );
}

function idsBelow({ skeleton, order, place, subtreeSpans }: TraceModel, span: number, scope: Scope): readonly string[] {
  const count = scope === "span" ? 1 : subtreeSpans[span]!;
  const below = order.subarray(place[span], place[span]! + count);
  return Array.from(below, (one) => skeleton.spans.spanId[one] ?? "");
}

/** How many lines each choice would show; unknown while not all of the trace's lines are. */
function countsOf(
  model: TraceModel,
  span: number,
  ofTrace: FoundLogs | undefined,
): Readonly<Record<Scope, number>> | undefined {
  if (ofTrace === undefined || ofTrace.isCut) return undefined;
  const below = new Set(idsBelow(model, span, "subtree"));
  const [own = ""] = idsBelow(model, span, "span");
  return {
    span: ofTrace.records.filter(({ spanId }) => spanId === own).length,
    subtree: ofTrace.records.filter(({ spanId }) => below.has(spanId)).length,
    trace: ofTrace.records.length,
  };
}
