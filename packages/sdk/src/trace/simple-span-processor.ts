import { exporterAndConfig, type WithExporter } from "../common/exporter-and-config.ts";
import { SerialExports } from "../common/serial-exports.ts";
import type { Drainable, LastRequest } from "../exit/last-request.ts";
import { isSampled } from "./is-sampled.ts";
import type { ReadableSpan } from "./readable-span.ts";
import type { SpanExporter } from "./span-exporter.ts";
import type { SpanProcessor } from "./span-processor.ts";

/** Exports each sampled span as it ends, one after the other. For tests and for watching on a console. */
export class SimpleSpanProcessor implements SpanProcessor, Drainable {
  readonly #exporter: SpanExporter;
  readonly #exports: SerialExports<ReadableSpan>;
  #shutdown: Promise<void> | undefined;

  constructor(exporterOrOptions: SpanExporter | WithExporter<SpanExporter, object>) {
    this.#exporter = exporterAndConfig(exporterOrOptions, {}).exporter;
    this.#exports = new SerialExports("span", this.#exporter);
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#shutdown !== undefined) return;
    if (!isSampled(span)) return;
    this.#exports.add(span);
  }

  drain(isEnd: boolean): readonly LastRequest[] {
    return this.#exports.drain(isEnd);
  }

  async forceFlush(): Promise<void> {
    await this.#exports.idle();
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    this.#shutdown ??= this.#exports.idle().then(() => this.#exporter.shutdown());
    return this.#shutdown;
  }
}
