import type { Signal } from "@clew/otlp";
import type { BatchDestination } from "../common/batcher.ts";
import { type ExportResult, failure, toError } from "../common/export-result.ts";
import { whenResourcesAreKnown } from "../resource/resource.ts";
import { type EncodeItem, EncodedBatch, type Scoped } from "./encoded-batch.ts";
import { OtlpClient } from "./otlp-client.ts";
import type { OTLPExporterConfig } from "./otlp-config.ts";

/** What the span and the log exporter have in common: batches that are bytes from the start. */
export class OtlpBatchExporter<Item extends Scoped> implements BatchDestination<Item> {
  readonly #client: OtlpClient;
  readonly #encode: EncodeItem<Item>;
  // A batch that was sent, whose memory the next one takes.
  #spare: EncodedBatch<Item> | undefined;

  constructor(signal: Signal, encode: EncodeItem<Item>, config: OTLPExporterConfig) {
    this.#client = new OtlpClient(signal, config);
    this.#encode = encode;
  }

  createBatch(): EncodedBatch<Item> {
    const batch = this.#spare ?? new EncodedBatch<Item>(this.#encode);
    this.#spare = undefined;
    return batch;
  }

  exportBatch(batch: EncodedBatch<Item>): Promise<ExportResult> {
    return this.#send(batch).finally(() => {
      batch.clear();
      this.#spare = batch;
    });
  }

  /** For processors that hand on items as objects. Calls back once; never throws. */
  export(items: Item[], resultCallback: (result: ExportResult) => void): void {
    const encoded = Promise.resolve().then(() => {
      const batch = new EncodedBatch<Item>(this.#encode);
      for (const item of items) batch.add(item);
      return this.#send(batch);
    });
    void encoded.catch((thrown: unknown) => failure(toError(thrown))).then(resultCallback);
  }

  forceFlush(): Promise<void> {
    return this.#client.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#client.shutdown();
  }

  #send(batch: EncodedBatch<Item>): Promise<ExportResult> {
    const waiting = whenResourcesAreKnown(batch.resources);
    if (waiting === undefined) return this.#client.send(batch.toRequest());
    return waiting.then(() => this.#client.send(batch.toRequest()));
  }
}
