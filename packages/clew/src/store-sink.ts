import { ClewError, messageOf } from "@clew/base";
import { ConsumeError, type Sink } from "@clew/collector";
import type { Store } from "@clew/store";

/** What a store never takes, however often it is sent. */
const PERMANENT = new Set(["STORE_TRANSCODE_FAILED"]);

/** The store as the `clew` exporter writes to it: what it refuses tells senders whether to come again. */
export function storeSink(store: Pick<Store, "write">): Sink {
  return {
    async write(payload) {
      try {
        await store.write(payload);
      } catch (error) {
        const code = error instanceof ClewError ? error.code : "STORE_FAILED";
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
