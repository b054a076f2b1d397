/**
 * Delivers while the application's thread is held, because it ends as soon as it is let go: in a
 * thread of its own, which is started when there is something to send.
 */
import { diag } from "@opentelemetry/api";
import type { LastRequest, PortableRequest } from "./last-request.ts";
import { tellLost } from "./tell-lost.ts";

/** What the thread is given. */
export interface LastDelivery {
  readonly requests: readonly PortableRequest[];
  readonly timeoutMillis: number;
  /** One word: 0 while it is under way, then 1 and how many requests were not accepted. */
  readonly progress: Int32Array;
}

/** For the thread to start. */
const START_MS = 1_000;

/** Returns when all were answered, or the time is up. Never throws. */
export function deliverNow(requests: readonly LastRequest[], timeoutMillis: number): void {
  if (requests.length === 0) return;
  const progress = new Int32Array(new SharedArrayBuffer(4));
  try {
    const portable = requests.map(({ signal, body, configForThread }) => ({ signal, body, config: configForThread() }));
    const workerData: LastDelivery = { requests: portable, timeoutMillis, progress };
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    // Neither hooks nor flags of the application: the thread must not be instrumented, nor slow to start.
    const worker = new Worker(new URL("last-delivery-thread.js", import.meta.url), {
      workerData,
      execArgv: [],
      env: {},
    });
    worker.unref();
    Atomics.wait(progress, 0, 0, timeoutMillis + START_MS);
  } catch (thrown) {
    tellLost(thrown);
    return;
  }
  reportLost(requests.length, Atomics.load(progress, 0));
}

function reportLost(requestCount: number, progress: number): void {
  const lost = progress === 0 ? requestCount : progress - 1;
  if (lost > 0) diag.error(`${lost} of ${requestCount} requests were not accepted at the end of the process`);
}
