import { TimeoutError } from "../../common/timeout-error.ts";

/** Settles as `promise` does, or rejects with a `TimeoutError` after `timeout` milliseconds. */
export function callWithTimeout<Result>(promise: Promise<Result>, timeout: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeoutError(`nothing came within ${timeout} ms`)), timeout);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Lets the process end although the timer has not run. */
export function unrefTimer(timer: NodeJS.Timeout | number): void {
  if (typeof timer !== "number") timer.unref();
}
