/** The thread of `last-delivery.ts`. */
import { workerData } from "node:worker_threads";
import type { LastDelivery } from "./last-delivery.ts";
import { sendLastRequests } from "./send-last-requests.ts";

const { requests, timeoutMillis, progress } = workerData as LastDelivery;
const lost = await sendLastRequests(requests, timeoutMillis);
Atomics.store(progress, 0, 1 + lost);
Atomics.notify(progress, 0);
