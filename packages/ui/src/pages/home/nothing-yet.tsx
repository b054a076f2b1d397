import type { Status } from "../../api/types.ts";
import { SendData } from "../../doctor/send-data.tsx";
import { formatDateTime, millisOf } from "../../format/format.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { useEarlierServices } from "./use-overview.ts";

/** Says why the page is empty and what to do; it goes away by itself once something arrives. */
export function NothingYet({ status }: { readonly status: Status | undefined }) {
  const { setRange } = useTimeRange();
  const earlier = useEarlierServices(true);
  if (earlier.isPending) return <div className="flex-1" />;
  const newest = (earlier.data?.services ?? [])
    .map(({ lastSeenUnixNano }) => millisOf(lastSeenUnixNano))
    .toSorted((a, b) => b - a)[0];
  if (newest !== undefined) {
    const around = { from: String(Math.round(newest - 900_000)), to: String(Math.round(newest + 1_000)) };
    return (
      <div className="grid flex-1 place-items-center p-6 text-center">
        <div>
          <h1 className="text-lg font-semibold">Nothing arrived in this time range</h1>
          <p className="mt-1 mb-3 text-muted">The newest data is of {formatDateTime(newest)}.</p>
          <button
            type="button"
            onClick={() => setRange(around)}
            className="rounded-md bg-accent px-3 py-1.5 font-medium text-accent-text"
          >
            Show the last 15 minutes with data
          </button>
        </div>
      </div>
    );
  }
  return (
    <div className="flex flex-1 flex-col items-center overflow-y-auto p-8">
      <h1 className="text-xl font-semibold tracking-tight">Send something, and it shows here</h1>
      <p className="mt-1 mb-6 flex items-center gap-2 text-muted">
        <span aria-hidden className="size-2 animate-pulse rounded-full bg-accent" />
        Waiting for the first traces, metrics or logs from any OpenTelemetry SDK or Collector.
      </p>
      {status !== undefined && <SendData status={status} />}
      <p className="mt-4 text-muted">
        Nothing at hand? <code className="rounded-sm bg-raised px-1 font-mono">clew demo</code> runs an example shop
        that reports to this Clew.
      </p>
    </div>
  );
}
