/** Time as components see it, so that a test can hold it still. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch, with fractions where the platform has them. */
  nowMs(): number;
  /** Calls `task` once, `delayMs` from now, unless the returned function is called first. */
  after(delayMs: number, task: () => void): () => void;
  /** Calls `task` every `intervalMs` until the returned function is called. Does not keep the process alive. */
  every(intervalMs: number, task: () => void): () => void;
}

/** Milliseconds since the Unix epoch in nanoseconds, as OTLP has times, exact to the microsecond. */
export function nanosOf(ms: number): bigint {
  return BigInt(Math.round(ms * 1_000)) * 1_000n;
}

/** Beyond this the wall clock was set since the process began, or the machine slept, which `performance.now` knows nothing of. */
const MAX_DRIFT_MS = 1_000;

export const systemClock: Clock = {
  nowMs() {
    const exactMs = performance.timeOrigin + performance.now();
    const wallMs = Date.now();
    return Math.abs(exactMs - wallMs) > MAX_DRIFT_MS ? wallMs : exactMs;
  },
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  every(intervalMs, task) {
    const timer: unknown = setInterval(task, intervalMs);
    if (canBeUnreferenced(timer)) timer.unref();
    return () => clearInterval(timer as Parameters<typeof clearInterval>[0]);
  },
};

/** Resolves after `delayMs` of the clock's time, or as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener("abort", done);
  });
}

function canBeUnreferenced(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer;
}
