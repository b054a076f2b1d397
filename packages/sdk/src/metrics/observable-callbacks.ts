import type { Attributes, BatchObservableCallback, Observable, ObservableCallback } from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import { afterUnheld } from "../common/process-hold.ts";
import type { MetricFilter } from "./metric-filter.ts";
import { type CallbackRuns, ObservableInstrument } from "./observable-instrument.ts";

interface BatchCallback {
  readonly callback: BatchObservableCallback;
  readonly observables: ReadonlySet<Observable>;
  readonly runs: CallbackRuns;
}

/** For which reader the callbacks are asked. */
export interface ObservationRound {
  readonly readerIndex: number;
  readonly timeoutMillis: number;
  readonly metricFilter: MetricFilter | undefined;
  readonly clock: Clock;
}

/** The callbacks of a meter's observable instruments. */
export class ObservableCallbacks {
  #batch: BatchCallback[] = [];

  addBatch(callback: BatchObservableCallback, observables: Observable[]): void {
    const added = { callback, observables: new Set(observables), runs: new Set<number>() };
    if (!this.#batch.some((known) => isSame(known, added))) this.#batch.push(added);
  }

  removeBatch(callback: BatchObservableCallback, observables: Observable[]): void {
    const removed = { callback, observables: new Set(observables) };
    this.#batch = this.#batch.filter((known) => !isSame(known, removed));
  }

  /** Asks all, at the same time. Resolves to what they threw. */
  async ask(instruments: readonly ObservableInstrument[], round: ObservationRound): Promise<unknown[]> {
    const wanted = new Set<Observable>(instruments.filter((instrument) => isWanted(instrument, round)));
    const single = instruments.flatMap((instrument) =>
      wanted.has(instrument)
        ? [...instrument.callbacks].map(([callback, runs]) => askOne(callback, runs, instrument, round))
        : [],
    );
    const batch = this.#batch.flatMap((one) =>
      [...one.observables].some((observable) => wanted.has(observable)) ? [askBatch(one, round)] : [],
    );
    const thrown = await Promise.all([...single, ...batch]);
    return thrown.filter((error) => error !== undefined);
  }
}

function askOne(
  callback: ObservableCallback,
  runs: CallbackRuns,
  instrument: ObservableInstrument,
  round: ObservationRound,
): Promise<unknown> {
  return run(runs, round, (isOpen) =>
    callback({
      observe(value: number, attributes?: Attributes) {
        if (isOpen()) instrument.observe(round.readerIndex, value, attributes);
      },
    }),
  );
}

function askBatch({ callback, observables, runs }: BatchCallback, round: ObservationRound): Promise<unknown> {
  return run(runs, round, (isOpen) =>
    callback({
      observe(metric: Observable, value: number, attributes?: Attributes) {
        if (!isOpen() || !(metric instanceof ObservableInstrument) || !observables.has(metric)) return;
        metric.observe(round.readerIndex, value, attributes);
      },
    }),
  );
}

/**
 * Resolves to what went wrong, if anything. A callback that does not come back must not hold up the others; what
 * it observes later belongs to no collection, and it is not asked again for that reader before it has come back.
 */
function run(runs: CallbackRuns, round: ObservationRound, call: (isOpen: () => boolean) => unknown): Promise<unknown> {
  const { readerIndex } = round;
  if (runs.has(readerIndex)) {
    return Promise.resolve(new Error("it has not come back since it was called for an earlier collection"));
  }
  runs.add(readerIndex);
  let isOpen = true;
  const outcome = outcomeOf(() => call(() => isOpen)).finally(() => runs.delete(readerIndex));
  return withinTime(outcome, round).finally(() => {
    isOpen = false;
  });
}

/** Resolves to an error when `outcome` is not there in time. */
function withinTime(outcome: Promise<unknown>, { clock, timeoutMillis }: ObservationRound): Promise<unknown> {
  return new Promise((resolve) => {
    const cancelTimer = afterUnheld(clock, timeoutMillis, () =>
      resolve(new Error(`took longer than ${timeoutMillis} ms`)),
    );
    void outcome.then(resolve).finally(cancelTimer);
  });
}

/** An instrument of which a reader's filter leaves nothing is not asked; nor is one that views drop. */
function isWanted(instrument: ObservableInstrument, { readerIndex, metricFilter }: ObservationRound): boolean {
  return instrument.storagesOf(readerIndex).some((storage) => !storage.isDropped(metricFilter));
}

function isSame(left: BatchCallback, right: Omit<BatchCallback, "runs">): boolean {
  if (left.callback !== right.callback || left.observables.size !== right.observables.size) return false;
  return [...left.observables].every((observable) => right.observables.has(observable));
}

async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (thrown) {
    return thrown ?? new Error("rejected");
  }
}
