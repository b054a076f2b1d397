import type { ExportResult } from "../common/export-result.ts";
import type { ReadableSpan } from "./readable-span.ts";

/** Sends spans somewhere. `export` is not called again before it has called back. */
export interface SpanExporter {
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}
