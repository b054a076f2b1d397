import type { LastRequest } from "../exit/last-request.ts";
import type { ExportResult } from "../common/export-result.ts";

/** Where the export requests of an exporter go. */
export interface RequestSink {
  /** `request` is an `Export*ServiceRequest` with so many spans, data points or log records; it is done with when the result is there. Never rejects. */
  send(request: Uint8Array, itemCount: number): Promise<ExportResult>;
  /** Gives up `requests`, and at the end what `send` was given and may not have delivered: see `Drainable`. */
  drain(requests: readonly Uint8Array[], isEnd: boolean): readonly LastRequest[];
  /** Resolves when everything that was given to `send` before has its result. */
  forceFlush(): Promise<void>;
  /** Flushes, then releases everything. */
  shutdown(): Promise<void>;
}
