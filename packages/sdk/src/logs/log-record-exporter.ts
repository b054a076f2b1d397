import type { ExportResult } from "../common/export-result.ts";
import type { ReadableLogRecord } from "./readable-log-record.ts";

/** Sends log records somewhere. `export` is not called again before it has called back. */
export interface LogRecordExporter {
  export(logRecords: ReadableLogRecord[], resultCallback: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}
