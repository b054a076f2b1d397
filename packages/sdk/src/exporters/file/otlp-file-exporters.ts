/** Exporters that write OTLP/JSON lines to a file or to standard output, for collectors that read such. */
import { OTLPMetricExporter, type OTLPMetricExporterConfig } from "../../otlp/otlp-metric-exporter.ts";
import { OtlpBatchExporter } from "../../otlp/otlp-batch-exporter.ts";
import { LogRecordEncoder } from "../../logs/encode-log-record.ts";
import type { LogRecordExporter } from "../../logs/log-record-exporter.ts";
import type { ReadableLogRecord } from "../../logs/readable-log-record.ts";
import { SpanEncoder } from "../../trace/encode-span.ts";
import type { ReadableSpan } from "../../trace/readable-span.ts";
import type { SpanExporter } from "../../trace/span-exporter.ts";
import { JsonLinesSink } from "./json-lines-sink.ts";
import type { OTLPFileExporterConfig } from "./output-stream.ts";

export class OTLPFileTraceExporter extends OtlpBatchExporter<ReadableSpan> implements SpanExporter {
  constructor(config: OTLPFileExporterConfig = {}) {
    const encoder = new SpanEncoder();
    super((writer, field, span) => encoder.encode(writer, field, span), new JsonLinesSink("traces", config));
  }
}

export class OTLPFileLogExporter extends OtlpBatchExporter<ReadableLogRecord> implements LogRecordExporter {
  constructor(config: OTLPFileExporterConfig = {}) {
    const encoder = new LogRecordEncoder();
    super((writer, field, record) => encoder.encode(writer, field, record), new JsonLinesSink("logs", config));
  }
}

/** Temporality and histograms are as with `OTLPMetricExporter`, environment variables included. */
export class OTLPFileMetricExporter extends OTLPMetricExporter {
  constructor(config: OTLPFileExporterConfig & OTLPMetricExporterConfig = {}) {
    super(config, new JsonLinesSink("metrics", config));
  }
}
