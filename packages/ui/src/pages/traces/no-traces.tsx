import { useQuery } from "@tanstack/react-query";
import { getClew } from "../../api/client.ts";
import type { Status } from "../../api/types.ts";
import { SendData } from "../../doctor/send-data.tsx";
import type { TracesSearch } from "../../router.tsx";
import { rangeLabel } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";

const WIDER = [
  { label: "Last hour", from: "now-1h" },
  { label: "Last 24 hours", from: "now-24h" },
  { label: "Last 7 days", from: "now-7d" },
];

interface NoTracesProps {
  readonly search: TracesSearch;
  readonly onClear: () => void;
}

/** Why nothing is listed, and what to do about it. */
export function NoTraces({ search, onClear }: NoTracesProps) {
  const { range, setRange } = useTimeRange();
  const { service, operation, attr, minDuration, maxDuration, error } = search;
  const isFiltered = [service, operation, minDuration, maxDuration, error, ...(attr ?? [])].some(
    (one) => one !== undefined,
  );
  const button = "h-7 rounded-md border border-line bg-surface px-2.5 text-sm hover:bg-hover";
  return (
    <div className="mx-auto max-w-3xl space-y-4 px-6 pt-12">
      <h2 className="text-lg font-semibold">
        {isFiltered ? "No trace meets these conditions" : "No traces"}: {rangeLabel(range)}
      </h2>
      <div className="flex flex-wrap gap-2">
        {isFiltered && (
          <button type="button" className={button} onClick={onClear}>
            Clear the conditions
          </button>
        )}
        {WIDER.filter(({ from }) => from !== range.from).map(({ label, from }) => (
          <button key={from} type="button" className={button} onClick={() => setRange({ from, to: "now" })}>
            {label}
          </button>
        ))}
      </div>
      {!isFiltered && <SendTraces />}
    </div>
  );
}

/** How an application comes to send some. */
function SendTraces() {
  const { data: status } = useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => getClew<Status>("status", {}, signal),
  });
  if (status === undefined) return null;
  return (
    <>
      <p className="text-muted">
        Point an application with any OpenTelemetry SDK here; its traces show within two seconds of their arrival.
      </p>
      <SendData status={status} />
    </>
  );
}
