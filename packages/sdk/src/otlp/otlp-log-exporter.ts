import { LogRecordEncoder } from "../logs/encode-log-record.ts";
import type { LogRecordExporter } from "../logs/log-record-exporter.ts";
import type { ReadableLogRecord } from "../logs/readable-log-record.ts";
import { OtlpBatchExporter } from "./otlp-batch-exporter.ts";
import { OtlpClient } from "./otlp-client.ts";
import type { OTLPExporterConfig } from "./otlp-config.ts";

/** Sends log records by OTLP, over gRPC or HTTP as `protocol` says. */
export class OTLPLogExporter extends OtlpBatchExporter<ReadableLogRecord> implements LogRecordExporter {
  constructor(config: OTLPExporterConfig = {}) {
    const encoder = new LogRecordEncoder();
    super((writer, field, record) => encoder.encode(writer, field, record), new OtlpClient("logs", config));
  }
}
