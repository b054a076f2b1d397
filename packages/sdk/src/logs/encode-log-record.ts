/** Writes a log record as OTLP's `LogRecord` message (opentelemetry/proto/logs/v1). */
import { putLittleWord, putText, putVarint, putWord, textRoom, type Writer } from "@clew/otlp";
import { type AnyValue, copyValue } from "../common/any-value.ts";
import { AttributeList, NO_LIMITS } from "../common/attribute-list.ts";
import { AttributeTemplate } from "../common/attribute-template.ts";
import { AttributeWriter } from "../common/attribute-writer.ts";
import { KeptByName } from "../common/kept-by-name.ts";
import { TimeWriter, writeTime } from "../common/hr-time.ts";
import { HexIds } from "../otlp/hex-ids.ts";
import type { SpanIdentity } from "../trace/span-identity.ts";
import type { ReadableLogRecord } from "./readable-log-record.ts";
import { RecordedLogRecord } from "./recorded-log-record.ts";

// The tags of a LogRecord's fields.
const TAG_TIME = 0x09;
const TAG_SEVERITY_NUMBER = 0x10;
const TAG_SEVERITY_TEXT = 0x1a;
const TAG_FLAGS = 0x45;
const TAG_TRACE_ID = 0x4a;
const TAG_SPAN_ID = 0x52;
const TAG_OBSERVED_TIME = 0x59;
/** From here on a length takes two bytes. */
const LONG_BYTES = 128;
/** Times, severity, ids and flags with their tags. */
const FIXED_ROOM = 80;

export class LogRecordEncoder {
  readonly #ids = new HexIds();
  readonly #times = new TimeWriter();
  readonly #attributes = new AttributeWriter();
  // By the first key.
  readonly #templates = new KeptByName(() => new AttributeTemplate());
  // The one that was made of the record that is being written.
  #made: AttributeTemplate | undefined;
  #lastLength = 0;

  encode(writer: Writer, field: number, record: ReadableLogRecord): void {
    // Records are about as long as the one before: room for the right length saves moving them.
    const isLong = this.#lastLength >= LONG_BYTES;
    const start = isLong ? writer.beginLong(field) : writer.begin(field);
    if (record instanceof RecordedLogRecord) this.#writeRecorded(writer, record);
    else this.#writeForeign(writer, record);
    this.#lastLength = writer.position - start;
    const moved = isLong ? writer.endLong(start) : writer.end(start);
    this.#made?.move(moved);
    this.#made = undefined;
  }

  #writeRecorded(writer: Writer, record: RecordedLogRecord): void {
    const { seconds, nanos, severityText, identity } = record;
    const severityNumber: number = record.severityNumber ?? 0;
    const bytes = writer.room(FIXED_ROOM + (severityText === undefined ? 0 : textRoom(severityText)));
    let at = writer.position;
    if (seconds !== 0 || nanos !== 0) {
      bytes[at] = TAG_TIME;
      at = this.#times.put(bytes, at + 1, seconds, nanos);
    }
    if (severityNumber !== 0) {
      bytes[at] = TAG_SEVERITY_NUMBER;
      at = putVarint(bytes, at + 1, severityNumber);
    }
    if (severityText !== undefined) {
      bytes[at] = TAG_SEVERITY_TEXT;
      at = putText(bytes, at + 1, severityText);
    }
    bytes[at] = TAG_OBSERVED_TIME;
    at = this.#times.put(bytes, at + 1, record.observedSeconds, record.observedNanos);
    if (identity !== undefined) at = putIdentity(bytes, at, identity);
    writer.position = at;
    this.#writeParts(writer, record, record.copiedBody, record.attributeList);
  }

  /** One that a user's processor made itself. */
  #writeForeign(writer: Writer, record: ReadableLogRecord): void {
    const { hrTime, spanContext } = record;
    if (hrTime[0] !== 0 || hrTime[1] !== 0) writeTime(writer, 1, hrTime);
    writer.uint(2, record.severityNumber ?? 0);
    if (record.severityText !== undefined) writer.string(3, record.severityText);
    writeTime(writer, 11, record.hrTimeObserved);
    if (spanContext !== undefined) {
      writer.fixed32(8, spanContext.traceFlags & 0xff);
      writer.bytes(9, this.#ids.traceId(spanContext.traceId));
      writer.bytes(10, this.#ids.spanId(spanContext.spanId));
    }
    const attributes = new AttributeList(NO_LIMITS);
    attributes.setAll(record.attributes);
    attributes.droppedCount = record.droppedAttributesCount;
    this.#writeParts(writer, record, copyValue(record.body), attributes);
  }

  #writeParts(
    writer: Writer,
    { eventName }: ReadableLogRecord,
    body: AnyValue | undefined,
    attributes: AttributeList,
  ): void {
    if (body !== undefined) this.#attributes.writeValue(writer, 5, body);
    this.#writeAttributes(writer, attributes);
    writer.uint(7, attributes.droppedCount);
    if (eventName !== undefined) writer.string(12, eventName);
  }

  #writeAttributes(writer: Writer, list: AttributeList): void {
    if (list.length === 0) return;
    const template = this.#templates.of(list.entries[0] as string);
    if (!template.isIn(writer)) {
      template.write(writer, this.#attributes, 6, list);
      this.#made = template;
    } else if (template.hasKeysOf(list)) template.copy(writer, this.#attributes, 6, list);
    else this.#attributes.writeAll(writer, 6, list);
  }
}

function putIdentity(bytes: Uint8Array, position: number, identity: SpanIdentity): number {
  bytes[position] = TAG_FLAGS;
  let at = putLittleWord(bytes, position + 1, identity.traceFlags & 0xff);
  bytes[at] = TAG_TRACE_ID;
  bytes[at + 1] = 16;
  at = putWord(bytes, at + 2, identity.trace0);
  at = putWord(bytes, at, identity.trace1);
  at = putWord(bytes, at, identity.trace2);
  at = putWord(bytes, at, identity.trace3);
  bytes[at] = TAG_SPAN_ID;
  bytes[at + 1] = 8;
  return putWord(bytes, putWord(bytes, at + 2, identity.span0), identity.span1);
}
