import { ClewError, messageOf } from "@clew/base";
import { ConsumeError, type Meter, type Sink } from "@clew/collector";
import type { Store } from "@clew/store";
import { observeStore } from "./store-metrics.ts";

/** What a store never takes, however often it is sent. */
const PERMANENT = new Set(["STORE_TRANSCODE_FAILED"]);

/** Why writes may be refused. */
const REFUSALS = [
  "STORE_SPOOL_FULL",
  "STORE_DISK_LIMIT",
  "STORE_SPOOL_FAILED",
  "STORE_TRANSCODE_FAILED",
  "STORE_CLOSED",
  "STORE_FAILED",
];

/**
 * The store as the `clew` exporter writes to it: what it refuses tells senders whether to come again. `observeMore`
 * adds metrics of others.
 */
export function storeSink(
  store: Pick<Store, "write" | "health">,
  observeMore: (meter: Meter) => () => void = () => () => {},
): Sink {
  const refused = new Map(REFUSALS.map((code) => [code, 0]));
  return {
    observe(meter) {
      const help = "Requests that the store refused, by the code of the error.";
      const ends = REFUSALS.map((code) =>
        meter.observedCounter("clew_store_refused_requests", help, { code }, () => refused.get(code) ?? 0),
      );
      ends.push(observeStore(store, meter), observeMore(meter));
      return () => ends.forEach((end) => end());
    },
    async write(payload) {
      try {
        await store.write(payload);
      } catch (error) {
        const code = error instanceof ClewError ? error.code : "STORE_FAILED";
        refused.set(code, (refused.get(code) ?? 0) + 1);
        const retryAfterMs = (error as { retryAfterMs?: number }).retryAfterMs;
        throw new ConsumeError(code, error instanceof ClewError ? error.what : messageOf(error), {
          permanent: PERMANENT.has(code),
          retryAfterMs,
          cause: error,
        });
      }
    },
  };
}
