import type { ExportResult } from "../common/export-result.ts";

/** Where the export requests of an exporter go. */
export interface RequestSink {
  /** `request` is an `Export*ServiceRequest`; it is done with when the result is there. Never rejects. */
  send(request: Uint8Array): Promise<ExportResult>;
  /** Resolves when everything that was given to `send` before has its result. */
  forceFlush(): Promise<void>;
  /** Flushes, then releases everything. */
  shutdown(): Promise<void>;
}
