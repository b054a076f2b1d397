/** What keeps the process alive and what does not: exports in the background must not, a flush that somebody awaits must. */
import type { Clock } from "@clew/base";

const FOREVER_MS = 2 ** 31 - 1;

/** As `clock.after`, for what the process need not wait for. */
export function afterUnheld(clock: Clock, delayMs: number, task: () => void): () => void {
  const cancel = clock.every(delayMs, () => {
    cancel();
    task();
  });
  return cancel;
}

/** Resolves after `delayMs`, or as soon as `signal` aborts. The process does not wait for it. */
export function waitUnheld(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = afterUnheld(clock, delayMs, done);
    signal.addEventListener("abort", done);
  });
}

/** Keeps the process alive until `task` is done. */
export async function held<Result>(task: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => {}, FOREVER_MS);
  try {
    return await task;
  } finally {
    clearInterval(timer);
  }
}
