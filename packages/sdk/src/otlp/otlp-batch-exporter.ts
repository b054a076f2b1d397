import type { BatchDestination } from "../common/batcher.ts";
import { type ExportResult, failure, toError } from "../common/export-result.ts";
import { whenResourcesAreKnown } from "../resource/resource.ts";
import { observeAll, type SdkObserver, type SelfObserved } from "../self-observability/sdk-observer.ts";
import { type EncodeItem, EncodedBatch, type Scoped } from "./encoded-batch.ts";
import type { LastRequest } from "../exit/last-request.ts";
import type { RequestSink } from "./request-sink.ts";

/** One is filled, one is sent, and one may wait. */
const MAX_SPARES = 3;

/** What the exporters of spans and of log records have in common: batches that are bytes from the start. */
export class OtlpBatchExporter<Item extends Scoped> implements BatchDestination<Item>, SelfObserved {
  readonly #sink: RequestSink;
  readonly #encode: EncodeItem<Item>;
  readonly #countOf: ((item: Item) => number) | undefined;
  // Batches that were sent, whose memory the next ones take.
  readonly #spares: EncodedBatch<Item>[] = [];
  // Batches whose resources are not known yet.
  readonly #waiting = new Set<EncodedBatch<Item>>();

  /** `countOf`: see `EncodedBatch`. */
  constructor(encode: EncodeItem<Item>, sink: RequestSink, countOf?: (item: Item) => number) {
    this.#encode = encode;
    this.#countOf = countOf;
    this.#sink = sink;
  }

  createBatch(): EncodedBatch<Item> {
    return this.#spares.pop() ?? new EncodedBatch<Item>(this.#encode, this.#countOf);
  }

  exportBatch(batch: EncodedBatch<Item>): Promise<ExportResult> {
    return this.#send(batch).finally(() => {
      batch.clear();
      if (this.#spares.length < MAX_SPARES) this.#spares.push(batch);
    });
  }

  /** For processors that hand on items as objects. Calls back once; never throws. */
  export(items: Item[], resultCallback: (result: ExportResult) => void): void {
    const encoded = Promise.resolve().then(() => {
      const batch = new EncodedBatch<Item>(this.#encode, this.#countOf);
      for (const item of items) batch.add(item);
      return this.#send(batch);
    });
    void encoded.catch((thrown: unknown) => failure(toError(thrown))).then(resultCallback);
  }

  drain(batches: readonly EncodedBatch<Item>[], isEnd: boolean): readonly LastRequest[] {
    const held = isEnd ? [...this.#waiting] : [];
    const requests = [...held, ...batches].map((batch) => batch.toRequest());
    return this.#sink.drain(requests, isEnd);
  }

  observeWith(observer: SdkObserver): void {
    observeAll([this.#sink], observer);
  }

  forceFlush(): Promise<void> {
    return this.#sink.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#sink.shutdown();
  }

  #send(batch: EncodedBatch<Item>): Promise<ExportResult> {
    const waiting = whenResourcesAreKnown(batch.resources);
    if (waiting === undefined) return this.#sink.send(batch.toRequest(), batch.itemCount);
    this.#waiting.add(batch);
    return waiting.then(() => {
      this.#waiting.delete(batch);
      return this.#sink.send(batch.toRequest(), batch.itemCount);
    });
  }
}
