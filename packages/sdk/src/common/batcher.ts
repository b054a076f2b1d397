import { diag } from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import type { LastRequest } from "../exit/last-request.ts";
import type { QueueState } from "../self-observability/queue-metrics.ts";
import { afterUnheld } from "./process-hold.ts";
import { type ExportResult, failure, toError } from "./export-result.ts";

/** Items on their way to an exporter, kept in whatever form the exporter takes them. */
export interface Batch<Item> {
  readonly count: number;
  add(item: Item): void;
}

/** Where batches go. */
export interface BatchDestination<Item> {
  createBatch(): Batch<Item>;
  /** Is given only what `createBatch` made, one at a time. May reject. */
  exportBatch(batch: Batch<Item>): Promise<ExportResult>;
  /** Gives up `batches`, and at the end what it was given before and may not have delivered: see `Drainable`. */
  drain(batches: readonly Batch<Item>[], isEnd: boolean): readonly LastRequest[];
}

export interface BatcherSettings {
  /** What the items are called in messages: "spans". */
  readonly noun: string;
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
  readonly clock: Clock;
}

/**
 * Collects items and exports them in batches: when `maxExportBatchSize` are waiting, and
 * at the latest `scheduledDelayMillis` after the first of them. One export runs at a time. Beyond
 * `maxQueueSize` waiting items new ones are dropped and counted.
 */
export class Batcher<Item> {
  readonly #settings: BatcherSettings;
  readonly #destination: BatchDestination<Item>;
  #open: Batch<Item> | undefined;
  readonly #sealed: Batch<Item>[] = [];
  #waiting = 0;
  #sealedCount = 0;
  #exportedCount = 0;
  #processed = 0;
  #inFlight: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #dropped = 0;
  #reportedDropped = 0;

  constructor(settings: BatcherSettings, destination: BatchDestination<Item>) {
    this.#settings = settings;
    this.#destination = destination;
  }

  /** Items that were not exported because the queue was full. */
  get droppedCount(): number {
    return this.#dropped;
  }

  get queueState(): QueueState {
    const { maxQueueSize: capacity } = this.#settings;
    return { size: this.#waiting, capacity, processed: this.#processed, dropped: this.#dropped };
  }

  add(item: Item): void {
    if (this.#waiting >= this.#settings.maxQueueSize) return this.#drop();
    this.#open ??= this.#destination.createBatch();
    this.#open.add(item);
    this.#waiting++;
    if (this.#open.count < this.#settings.maxExportBatchSize) return this.#startTimer();
    this.#seal();
    void this.#exportNext();
  }

  /** Resolves when everything that was added before the call has left, what was in flight included. */
  async flush(): Promise<void> {
    this.#seal();
    const target = this.#sealedCount;
    while (this.#exportedCount < target) await this.#exportNext();
  }

  /** Gives up everything that waits and what its destination has not delivered. */
  drain(isEnd: boolean): readonly LastRequest[] {
    this.#seal();
    const batches = this.#sealed.splice(0);
    this.#exportedCount += batches.length;
    this.#waiting = 0;
    return this.#destination.drain(batches, isEnd);
  }

  #drop(): void {
    this.#dropped++;
    if (this.#dropped === 1) this.#reportDropped();
  }

  #reportDropped(): void {
    if (this.#dropped === this.#reportedDropped) return;
    this.#reportedDropped = this.#dropped;
    const { noun, maxQueueSize } = this.#settings;
    diag.warn(`${this.#dropped} ${noun} dropped so far: more than ${maxQueueSize} waited for export`);
  }

  #startTimer(): void {
    // `every` does not keep the process alive, `after` would. It goes on while items come: one for each batch would cost more.
    this.#cancelTimer ??= this.#settings.clock.every(this.#settings.scheduledDelayMillis, () => this.#timeUp());
  }

  #timeUp(): void {
    if (this.#open === undefined) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    }
    this.#seal();
    void this.#exportNext();
  }

  #seal(): void {
    if (this.#open === undefined || this.#open.count === 0) return;
    this.#sealed.push(this.#open);
    this.#open = undefined;
    this.#sealedCount++;
  }

  /** Resolves at the end of the export that is running, or of the one that this call starts. Never rejects. */
  #exportNext(): Promise<void> {
    if (this.#inFlight !== undefined) return this.#inFlight;
    const batch = this.#sealed.shift();
    if (batch === undefined) return Promise.resolve();
    this.#waiting -= batch.count;
    this.#processed += batch.count;
    this.#inFlight = this.#exportThenNext(batch);
    return this.#inFlight;
  }

  async #exportThenNext(batch: Batch<Item>): Promise<void> {
    await this.#export(batch);
    this.#inFlight = undefined;
    this.#exportedCount++;
    if (this.#sealed.length > 0) void this.#exportNext();
  }

  async #export(batch: Batch<Item>): Promise<void> {
    const { noun } = this.#settings;
    const count = batch.count;
    const result = await this.#withTimeout(() => this.#destination.exportBatch(batch));
    if (result.error !== undefined) diag.error(`export of ${count} ${noun} failed: ${result.error.message}`);
    this.#reportDropped();
  }

  #withTimeout(task: () => Promise<ExportResult>): Promise<ExportResult> {
    const { clock, exportTimeoutMillis } = this.#settings;
    return new Promise((resolve) => {
      const cancel = afterUnheld(clock, exportTimeoutMillis, () => {
        resolve(failure(new Error(`no answer within ${exportTimeoutMillis} ms`)));
      });
      const finish = (result: ExportResult): void => {
        cancel();
        resolve(result);
      };
      const fail = (thrown: unknown): void => finish(failure(toError(thrown)));
      try {
        // At once, so that a batch is always either here or there.
        task().then(finish, fail);
      } catch (thrown) {
        fail(thrown);
      }
    });
  }
}
