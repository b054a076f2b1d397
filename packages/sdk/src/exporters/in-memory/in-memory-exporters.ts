/** Exporters for tests: what was exported is kept in memory, to be looked at. */
import type { LogRecordExporter } from "../../logs/log-record-exporter.ts";
import type { ReadableLogRecord } from "../../logs/readable-log-record.ts";
import type { ReadableSpan } from "../../trace/readable-span.ts";
import type { SpanExporter } from "../../trace/span-exporter.ts";
import { FinishedItems } from "./finished-items.ts";

export class InMemorySpanExporter extends FinishedItems<ReadableSpan> implements SpanExporter {
  getFinishedSpans(): ReadableSpan[] {
    return this.items;
  }
}

export class InMemoryLogRecordExporter extends FinishedItems<ReadableLogRecord> implements LogRecordExporter {
  getFinishedLogRecords(): ReadableLogRecord[] {
    return this.items;
  }
}
