import { SpanEncoder } from "../trace/encode-span.ts";
import type { ReadableSpan } from "../trace/readable-span.ts";
import type { SpanExporter } from "../trace/span-exporter.ts";
import { OtlpBatchExporter } from "./otlp-batch-exporter.ts";
import { OtlpClient } from "./otlp-client.ts";
import type { OTLPExporterConfig } from "./otlp-config.ts";

/** Sends spans by OTLP, over gRPC or HTTP as `protocol` says. */
export class OTLPTraceExporter extends OtlpBatchExporter<ReadableSpan> implements SpanExporter {
  constructor(config: OTLPExporterConfig = {}) {
    const encoder = new SpanEncoder();
    super((writer, field, span) => encoder.encode(writer, field, span), new OtlpClient("traces", config));
  }
}
