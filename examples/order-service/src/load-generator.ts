/** Customers: they send orders, now few, now many. */
import { between, type World } from "./world.ts";

const LEAST_PER_SECOND = 2;
const MOST_PER_SECOND = 12;
const WAVE_MS = 180_000;
/** One order in so many is not valid: it has no amount. */
const INVALID_EVERY = 40;
const HEALTH_CHECK_EVERY = 25;
const MAX_WAITING = 100;
const REQUEST_TIMEOUT_MS = 10_000;

/** Orders a second: a wave between the least and the most, three minutes long. */
export function rateAt(nowMs: number): number {
  const height = (1 - Math.cos((2 * Math.PI * nowMs) / WAVE_MS)) / 2;
  return LEAST_PER_SECOND + height * (MOST_PER_SECOND - LEAST_PER_SECOND);
}

export interface LoadSettings {
  readonly ordersUrl: string;
  readonly world: World;
  /** Ends the load. */
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** Sends orders until `signal` aborts; resolves when the last one has its answer. */
export async function generateLoad({ ordersUrl, world, signal, report }: LoadSettings): Promise<void> {
  const waiting = new Set<Promise<void>>();
  const send = async (method: string, path: string): Promise<void> => {
    try {
      const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await fetch(new URL(path, ordersUrl), { method, signal: timeout });
      await response.arrayBuffer();
    } catch (thrown) {
      if (!signal.aborted) report(`an order got no answer: ${String(thrown)}`);
    }
  };
  // So that the orders of a run are not those of the run before.
  const firstOrder = Math.floor(world.nowMs() / 1_000) % 100_000;
  for (let number = 1; !signal.aborted; number++) {
    const path = number % HEALTH_CHECK_EVERY === 0 ? "/health" : orderPath(firstOrder + number, number, world);
    if (waiting.size < MAX_WAITING) {
      const sending = send(path === "/health" ? "GET" : "POST", path);
      waiting.add(sending);
      void sending.finally(() => waiting.delete(sending));
    }
    await world.wait((1_000 / rateAt(world.nowMs())) * between(world, 0.5, 1.5));
  }
  await Promise.all(waiting);
}

function orderPath(orderNumber: number, number: number, world: World): string {
  const userId = `user-${1 + Math.floor(world.random() * 60)}`;
  const amount = number % INVALID_EVERY === 0 ? 0 : Math.round(between(world, 500, 25_000)) / 100;
  return `/orders?order_id=order-${orderNumber}&user_id=${userId}&amount=${amount}`;
}
