/** Remote write 1.0: `prometheus.WriteRequest` (docs of Prometheus, "Remote-Write 1.0"). */
import { Writer } from "@clew/otlp";
import type { PrometheusExemplar } from "../../../prometheus/exemplar.ts";
import type { Metadata, Series } from "./series.ts";
import type { RequestWriter } from "./request-writer.ts";
import { inOrder, writeHistogram, writeSampleValue } from "./write-sample.ts";

export class WriteRequestV1 implements RequestWriter {
  readonly #writer = new Writer();
  readonly #writeLabel = (name: string, value: string): void => {
    const message = this.#writer.begin(1);
    this.#writer.string(1, name);
    this.#writer.string(2, value);
    this.#writer.end(message);
  };

  get byteLength(): number {
    return this.#writer.byteLength;
  }

  add(series: Series): () => void {
    const { byteLength } = this.#writer;
    const message = this.#writer.begin(1);
    series.eachLabel(this.#writeLabel);
    for (const sample of inOrder(series.samples)) {
      const start = this.#writer.begin(2);
      writeSampleValue(this.#writer, sample);
      this.#writer.end(start);
    }
    for (const exemplar of inOrder(series.exemplars)) this.#exemplar(exemplar);
    for (const histogram of inOrder(series.histograms)) writeHistogram(this.#writer, 4, histogram);
    this.#writer.end(message);
    return () => this.#writer.truncate(byteLength);
  }

  addMetadata({ name, type, help, unit }: Metadata): void {
    const message = this.#writer.begin(3);
    this.#writer.uint(1, type);
    this.#writer.string(2, name);
    if (help !== "") this.#writer.string(4, help);
    if (unit !== "") this.#writer.string(5, unit);
    this.#writer.end(message);
  }

  take(): Uint8Array {
    const bytes = this.#writer.finish();
    this.#writer.reset();
    return bytes;
  }

  #exemplar({ labels, value, timestampMs }: PrometheusExemplar): void {
    const message = this.#writer.begin(3);
    for (const [name, text] of labels) this.#writeLabel(name, text);
    this.#writer.double(2, value);
    this.#writer.int(3, timestampMs);
    this.#writer.end(message);
  }
}
