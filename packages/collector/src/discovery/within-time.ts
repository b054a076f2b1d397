import type { Clock } from "@clew/base";

/** Runs `task` with a signal that aborts when `signal` does, or when `limitMs` have passed; then rejects with what `tooLate` makes. */
export async function withinTime<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
  tooLate: (cause: unknown) => Error,
  task: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let isLate = false;
  const cancel = clock.after(limitMs, () => {
    isLate = true;
    abort.abort();
  });
  const pass = (): void => abort.abort();
  signal.addEventListener("abort", pass);
  if (signal.aborted) pass();
  try {
    return await task(abort.signal);
  } catch (error) {
    throw isLate ? tooLate(error) : error;
  } finally {
    cancel();
    signal.removeEventListener("abort", pass);
  }
}
