/** Writes a log record as OTLP's `LogRecord` message (opentelemetry/proto/logs/v1). */
import type { Writer } from "@clew/otlp";
import { copyValue, writeAnyValue } from "../common/any-value.ts";
import { AttributeList, NO_LIMITS } from "../common/attribute-list.ts";
import { AttributeWriter } from "../common/attribute-writer.ts";
import { writeTime } from "../common/hr-time.ts";
import { HexIds } from "../otlp/hex-ids.ts";
import type { ReadableLogRecord } from "./readable-log-record.ts";
import { RecordedLogRecord } from "./recorded-log-record.ts";

export class LogRecordEncoder {
  readonly #ids = new HexIds();
  readonly #attributes = new AttributeWriter();

  encode(writer: Writer, field: number, record: ReadableLogRecord): void {
    const start = writer.begin(field);
    if (record.hrTime[0] !== 0 || record.hrTime[1] !== 0) writeTime(writer, 1, record.hrTime);
    writer.uint(2, record.severityNumber ?? 0);
    if (record.severityText !== undefined) writer.string(3, record.severityText);
    const { body, attributes } = partsOf(record);
    if (body !== undefined) writeAnyValue(writer, 5, body);
    attributes.write(writer, this.#attributes, 6, 7);
    this.#writeSpanContext(writer, record);
    writeTime(writer, 11, record.hrTimeObserved);
    if (record.eventName !== undefined) writer.string(12, record.eventName);
    writer.end(start);
  }

  #writeSpanContext(writer: Writer, { spanContext }: ReadableLogRecord): void {
    if (spanContext === undefined) return;
    writer.fixed32(8, spanContext.traceFlags & 0xff);
    writer.bytes(9, this.#ids.traceId(spanContext.traceId));
    writer.bytes(10, this.#ids.spanId(spanContext.spanId));
  }
}

function partsOf(record: ReadableLogRecord): { body: RecordedLogRecord["copiedBody"]; attributes: AttributeList } {
  if (record instanceof RecordedLogRecord) return { body: record.copiedBody, attributes: record.attributeList };
  const attributes = new AttributeList(NO_LIMITS);
  attributes.setAll(record.attributes);
  attributes.droppedCount = record.droppedAttributesCount;
  return { body: copyValue(record.body, Infinity), attributes };
}
