import { exporterAndConfig, type WithExporter } from "../common/exporter-and-config.ts";
import { SerialExports } from "../common/serial-exports.ts";
import type { Drainable, LastRequest } from "../exit/last-request.ts";
import type { LogRecordExporter } from "./log-record-exporter.ts";
import type { LogRecordProcessor } from "./log-record-processor.ts";
import type { SdkLogRecord } from "./readable-log-record.ts";

/** Exports each log record at once, one after the other. For tests and for watching on a console. */
export class SimpleLogRecordProcessor implements LogRecordProcessor, Drainable {
  readonly #exporter: LogRecordExporter;
  readonly #exports: SerialExports<SdkLogRecord>;
  #shutdown: Promise<void> | undefined;

  constructor(exporterOrOptions: LogRecordExporter | WithExporter<LogRecordExporter, object>) {
    this.#exporter = exporterAndConfig(exporterOrOptions, {}).exporter;
    this.#exports = new SerialExports("log record", this.#exporter);
  }

  onEmit(logRecord: SdkLogRecord): void {
    if (this.#shutdown !== undefined) return;
    this.#exports.add(logRecord);
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
