import { useNavigate } from "@tanstack/react-router";
import { memo, useDeferredValue, useEffect, useRef, type Ref } from "react";
import type { KeyValue, SpanDetail } from "../../api/types.ts";
import { AttributeTable } from "../../attributes/attribute-table.tsx";
import type { TraceSearch } from "../../router.tsx";
import { Failure } from "../../shell/failure.tsx";
import { useRangeSearch } from "../../time/use-time-range.ts";
import type { CriticalPath } from "../../trace/critical-path.ts";
import type { TraceModel } from "../../trace/trace-model.ts";
import { exceptionsOf } from "./exception.ts";
import { Section } from "./section.tsx";
import { SpanEvents } from "./span-events.tsx";
import { SpanHead } from "./span-head.tsx";
import { SpanLinks } from "./span-links.tsx";
import { SpanLogs } from "./span-logs.tsx";
import type { TraceSearchChange } from "./use-trace-view.ts";
import { useSpan, type FoundLogs } from "./use-trace.ts";

interface SpanPaneProps {
  readonly ref: Ref<HTMLElement>;
  readonly width: number;
  readonly model: TraceModel;
  readonly path: CriticalPath;
  readonly span: number;
  readonly traceLogs: FoundLogs | undefined;
  readonly traceLogsError: Error | null;
  readonly search: TraceSearch;
  readonly setSearch: (change: TraceSearchChange) => void;
  /** Marks a time on the waterfall. */
  readonly onPoint: (offsetNanos: number | undefined) => void;
  readonly onGoTo: (span: number) => void;
}

/** The selected span. What the skeleton knows is there at once, the rest as soon as it is fetched. */
export function SpanPane({ ref, width, span, ...rest }: SpanPaneProps) {
  // While a key is held down the selection runs ahead; the pane follows when there is time.
  const settled = useDeferredValue(span);
  return (
    <aside
      ref={ref}
      tabIndex={-1}
      data-own-keys
      data-testid="span-pane"
      aria-label="Selected span"
      className="min-h-0 shrink-0 overflow-x-hidden overflow-y-auto bg-surface outline-none [scrollbar-gutter:stable]"
      style={{ width }}
    >
      <SpanContent span={settled} {...rest} />
    </aside>
  );
}

const SpanContent = memo(function SpanContent(props: Omit<SpanPaneProps, "ref" | "width">) {
  const { model, path, span, traceLogs, traceLogsError, search, setSearch, onPoint, onGoTo } = props;
  const { skeleton } = model;
  const spanId = skeleton.spans.spanId[span] ?? "";
  const { data, error } = useSpan(skeleton.traceId, spanId);
  const filter = useAttributeFilter();
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const pane = top.current?.parentElement;
    if (pane !== undefined && pane !== null) pane.scrollTop = 0;
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another span is read from its top
  }, [spanId]);
  const resourceSpans = data?.resourceSpans[0];
  const scopeSpans = resourceSpans?.scopeSpans[0];
  const detail = scopeSpans?.spans[0];
  const { tab } = search;
  const showTab = (next: string): void => setSearch({ tab: next });
  return (
    <div ref={top}>
      <SpanHead
        model={model}
        path={path}
        span={span}
        detail={detail}
        exception={detail === undefined ? undefined : exceptionsOf(detail).at(-1)}
        onGoTo={onGoTo}
      />
      <SpanLogs
        model={model}
        span={span}
        ofTrace={traceLogs}
        error={traceLogsError}
        search={search}
        setSearch={setSearch}
        onPoint={onPoint}
        onGoTo={onGoTo}
      />
      {error !== null && <Failure error={error} />}
      {detail !== undefined && (
        <SpanSections detail={detail} model={model} tab={tab} onTab={showTab} onFilter={filter} onPoint={onPoint} />
      )}
      {resourceSpans !== undefined && (
        <>
          <Section
            name="resource"
            title="Resource"
            count={resourceSpans.resource.attributes.length}
            tab={tab}
            onTab={showTab}
          >
            <AttributeTable label="Resource" attributes={resourceSpans.resource.attributes} onFilter={filter} />
          </Section>
          <Section name="scope" title="Instrumentation scope" tab={tab} onTab={showTab}>
            <AttributeTable label="Instrumentation scope" attributes={scopeAttributes(scopeSpans?.scope ?? {})} />
          </Section>
        </>
      )}
    </div>
  );
});

interface SpanSectionsProps {
  readonly detail: SpanDetail;
  readonly model: TraceModel;
  readonly tab: string | undefined;
  readonly onTab: (tab: string) => void;
  readonly onFilter: (condition: string) => void;
  readonly onPoint: (offsetNanos: number | undefined) => void;
}

function SpanSections({ detail, model, tab, onTab, onFilter, onPoint }: SpanSectionsProps) {
  const { attributes = [], events = [], links = [] } = detail;
  return (
    <>
      {(events.length > 0 || (detail.droppedEventsCount ?? 0) > 0) && (
        <Section name="events" title="Events" count={events.length} tab={tab} onTab={onTab}>
          <SpanEvents detail={detail} skeleton={model.skeleton} onPoint={onPoint} />
        </Section>
      )}
      <Section name="attributes" title="Attributes" count={attributes.length} tab={tab} onTab={onTab}>
        {attributes.length === 0 && <p className="px-2 text-sm text-faint">The span has none.</p>}
        <AttributeTable attributes={attributes} droppedCount={detail.droppedAttributesCount} onFilter={onFilter} />
      </Section>
      {links.length > 0 && (
        <Section name="links" title="Links" count={links.length} tab={tab} onTab={onTab}>
          <SpanLinks links={links} traceId={model.skeleton.traceId} />
        </Section>
      )}
    </>
  );
}

/** Searches for traces whose spans have an attribute. */
function useAttributeFilter(): (condition: string) => void {
  const navigate = useNavigate();
  const range = useRangeSearch();
  return (condition) => void navigate({ to: "/traces", search: { ...range, attr: [condition] } });
}

function scopeAttributes({
  name = "",
  version = "",
  attributes = [],
}: {
  readonly name?: string;
  readonly version?: string;
  readonly attributes?: readonly KeyValue[];
}): readonly KeyValue[] {
  const named = [
    { key: "name", value: { stringValue: name } },
    { key: "version", value: { stringValue: version } },
  ];
  return [...named.filter(({ value }) => value.stringValue !== ""), ...attributes];
}
