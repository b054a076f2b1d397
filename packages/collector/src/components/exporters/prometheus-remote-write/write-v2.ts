/** Remote write 2.0: `io.prometheus.write.v2.Request`, whose texts stand once each (docs of Prometheus, "Remote-Write 2.0"). */
import { Writer } from "@clew/otlp";
import type { PrometheusExemplar } from "../../../prometheus/exemplar.ts";
import type { Metadata, Series } from "./series.ts";
import type { RequestWriter } from "./request-writer.ts";
import { inOrder, writeHistogram, writeSampleValue } from "./write-sample.ts";

export class WriteRequestV2 implements RequestWriter {
  readonly #series = new Writer();
  readonly #writeLabel = (name: string, value: string): void => {
    this.#series.varint(this.#symbol(name));
    this.#series.varint(this.#symbol(value));
  };
  /** Texts in the order of their numbers; the first is always empty. */
  readonly #symbols = new Map<string, number>([["", 0]]);
  #symbolBytes = 0;

  get byteLength(): number {
    return this.#series.byteLength + this.#symbolBytes;
  }

  add(series: Series): () => void {
    const { byteLength } = this.#series;
    const [symbols, symbolBytes] = [this.#symbols.size, this.#symbolBytes];
    const message = this.#series.begin(5);
    const labels = this.#series.begin(1);
    series.eachLabel(this.#writeLabel);
    this.#series.end(labels);
    for (const sample of inOrder(series.samples)) {
      const start = this.#series.begin(2);
      writeSampleValue(this.#series, sample);
      if (sample.startMs > 0) this.#series.int(3, sample.startMs);
      this.#series.end(start);
    }
    for (const histogram of inOrder(series.histograms)) writeHistogram(this.#series, 3, histogram, histogram.startMs);
    for (const exemplar of inOrder(series.exemplars)) this.#exemplar(exemplar);
    this.#metadata(series.metadata);
    this.#series.end(message);
    return () => {
      this.#series.truncate(byteLength);
      this.#symbolBytes = symbolBytes;
      for (const text of [...this.#symbols.keys()].slice(symbols)) this.#symbols.delete(text);
    };
  }

  addMetadata(): void {
    // It stands in each series.
  }

  take(): Uint8Array {
    const writer = new Writer(this.#symbolBytes + this.#series.byteLength + 16);
    for (const text of this.#symbols.keys()) writer.string(4, text);
    writer.raw(this.#series.view());
    this.#series.reset();
    this.#symbols.clear();
    this.#symbols.set("", 0);
    this.#symbolBytes = 0;
    return writer.take();
  }

  #symbol(text: string): number {
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    const number = this.#symbols.size;
    this.#symbols.set(text, number);
    this.#symbolBytes += text.length + 2;
    return number;
  }

  #exemplar({ labels, value, timestampMs }: PrometheusExemplar): void {
    const message = this.#series.begin(4);
    const references = this.#series.begin(1);
    for (const [name, text] of sorted(labels)) this.#writeLabel(name, text);
    this.#series.end(references);
    this.#series.double(2, value);
    this.#series.int(3, timestampMs);
    this.#series.end(message);
  }

  #metadata({ type, help, unit }: Metadata): void {
    const message = this.#series.begin(5);
    this.#series.uint(1, type);
    this.#series.uint(3, this.#symbol(help));
    this.#series.uint(4, this.#symbol(unit));
    this.#series.end(message);
  }
}

function sorted(labels: PrometheusExemplar["labels"]): PrometheusExemplar["labels"] {
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}
