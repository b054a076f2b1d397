import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { ApiError } from "../../api/client.ts";
import { Failure } from "../../shell/failure.tsx";
import { buildTrace } from "../../trace/trace-model.ts";
import { TraceView } from "./trace-view.tsx";
import { useTrace } from "./use-trace.ts";

/** One trace: fetched here, shown by `TraceView`. */
export function TracePage() {
  const { traceId } = useParams({ from: "/trace/$traceId" });
  const { data, error } = useTrace(traceId);
  const model = useMemo(() => (data === undefined ? undefined : buildTrace(data)), [data]);
  if (model !== undefined) return <TraceView key={traceId} model={model} />;
  if (error instanceof ApiError && error.status === 404) return <NotThere traceId={traceId} />;
  if (error !== null) return <Failure error={error} />;
  return <div aria-busy className="h-full" />;
}

function NotThere({ traceId }: { readonly traceId: string }) {
  return (
    <div className="grid h-full place-items-center p-6">
      <div className="max-w-lg space-y-2">
        <h1 className="text-lg font-semibold">This trace is not here</h1>
        <p className="font-mono text-sm break-all text-muted">{traceId}</p>
        <p className="text-muted">
          A span can be searched about two seconds after it has arrived, so this page keeps looking. Otherwise the trace
          was not sampled, went elsewhere, or is older than what is kept.
        </p>
      </div>
    </div>
  );
}
