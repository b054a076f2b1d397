/** OTLP log records to rows of `otel_logs`. */
import type { Reader } from "@clew/otlp";
import { ByteBuffer } from "../block/byte-buffer.ts";
import { sourceOf } from "../block/byte-source.ts";
import { FixedColumn, LowCardinalityColumn, StringColumn, type Column } from "../block/columns.ts";
import { MapColumn } from "../block/map-columns.ts";
import { textStart, writeAnyValue } from "./any-value.ts";
import { AttributeWriter } from "./attributes.ts";
import { RecordTranscoder } from "./record-transcoder.ts";

/** Where `Timestamp` was taken from: logs without a time of their own still need a place on the axis. */
export const TIMESTAMP_SOURCE = { time: 0, observed: 1, arrival: 2 } as const;

const STRING = sourceOf(Buffer.from("s"));

export class LogsTranscoder extends RecordTranscoder {
  readonly table = "otel_logs";

  readonly #nowMs: () => number;
  readonly #timestamp = new FixedColumn("DateTime64(9)", 8);
  readonly #timestampSource = new FixedColumn("UInt8", 1);
  readonly #observed = new FixedColumn("DateTime64(9)", 8);
  readonly #traceId = new StringColumn();
  readonly #spanId = new StringColumn();
  readonly #traceFlags = new FixedColumn("UInt8", 1);
  readonly #flags = new FixedColumn("UInt32", 4);
  readonly #severityText = new LowCardinalityColumn();
  readonly #severityNumber = new FixedColumn("UInt8", 1);
  readonly #body = new StringColumn();
  readonly #bodyType = new LowCardinalityColumn();
  readonly #attributes = new MapColumn();
  readonly #types = new LowCardinalityColumn();
  readonly #dropped = new FixedColumn("UInt32", 4);
  readonly #eventName = new LowCardinalityColumn();
  readonly #attributeWriter = new AttributeWriter({ values: this.#attributes, types: this.#types });
  readonly #text = new ByteBuffer();
  readonly #signature = new ByteBuffer(64);

  readonly columns: Readonly<Record<string, Column>> = {
    Timestamp: this.#timestamp,
    TimestampSource: this.#timestampSource,
    ObservedTimestamp: this.#observed,
    TraceId: this.#traceId,
    SpanId: this.#spanId,
    TraceFlags: this.#traceFlags,
    Flags: this.#flags,
    SeverityText: this.#severityText,
    SeverityNumber: this.#severityNumber,
    Body: this.#body,
    BodyType: this.#bodyType,
    LogAttributes: this.#attributes,
    LogAttributesTypes: this.#types,
    DroppedAttributesCount: this.#dropped,
    EventName: this.#eventName,
    ...this.shared.columns,
  };

  /** `nowMs` dates the records that came with no time at all. */
  constructor(nowMs: () => number) {
    super();
    this.#nowMs = nowMs;
  }

  protected override addRecord(reader: Reader, end: number): void {
    this.#readRecord(reader, end);
    this.#attributeWriter.endRow();
  }

  #readRecord(reader: Reader, end: number): void {
    let severityText = 0;
    let severityTextEnd = 0;
    let body = 0;
    let bodyEnd = 0;
    let traceId = 0;
    let traceIdEnd = 0;
    let spanId = 0;
    let spanIdEnd = 0;
    let eventName = 0;
    let eventNameEnd = 0;
    let timeAt = -1;
    let observedAt = -1;
    let severityNumber = 0;
    let dropped = 0;
    let flags = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      switch (tag) {
        case 9:
          timeAt = reader.position;
          reader.position += 8;
          break;
        case 89:
          observedAt = reader.position;
          reader.position += 8;
          break;
        case 16:
          severityNumber = reader.int32();
          break;
        case 26:
          severityTextEnd = reader.lengthEnd();
          severityText = reader.position;
          reader.position = severityTextEnd;
          break;
        case 42:
          bodyEnd = reader.lengthEnd();
          body = reader.position;
          reader.position = bodyEnd;
          break;
        case 50:
          this.#attributeWriter.add(reader, reader.lengthEnd());
          break;
        case 56:
          dropped = reader.uint32();
          break;
        case 69:
          flags = reader.fixed32();
          break;
        case 74:
          traceIdEnd = reader.lengthEnd();
          traceId = reader.position;
          reader.position = traceIdEnd;
          break;
        case 82:
          spanIdEnd = reader.lengthEnd();
          spanId = reader.position;
          reader.position = spanIdEnd;
          break;
        case 98:
          eventNameEnd = reader.lengthEnd();
          eventName = reader.position;
          reader.position = eventNameEnd;
          break;
        default:
          reader.skip(tag);
      }
    }
    this.#writeTimes(reader, timeAt, observedAt);
    this.#severityText.add(reader, severityText, severityTextEnd);
    // The column has a byte; the specification, 24 numbers.
    this.#severityNumber.values.u8(Math.min(Math.max(severityNumber, 0), 255));
    this.#traceId.addHex(reader, traceId, traceIdEnd);
    this.#spanId.addHex(reader, spanId, spanIdEnd);
    this.#traceFlags.values.u8(flags & 255);
    this.#flags.values.u32(flags);
    this.#dropped.values.u32(dropped);
    this.#eventName.add(reader, eventName, eventNameEnd);
    this.#writeBody(reader, body, bodyEnd);
    reader.position = end;
  }

  /** The time of the event, else when it was observed, else now. (Logs data model, "Field: Timestamp") */
  #writeTimes(reader: Reader, timeAt: number, observedAt: number): void {
    const time = isSet(reader.dataView, timeAt) ? timeAt : -1;
    const observed = isSet(reader.dataView, observedAt) ? observedAt : -1;
    const { values } = this.#timestamp;
    if (time >= 0) values.eightFrom(reader, time);
    else if (observed >= 0) values.eightFrom(reader, observed);
    else values.u64Big(BigInt(Math.floor(this.#nowMs())) * 1_000_000n);
    const { time: fromTime, observed: fromObserved, arrival } = TIMESTAMP_SOURCE;
    this.#timestampSource.values.u8(time >= 0 ? fromTime : observed >= 0 ? fromObserved : arrival);
    if (observed >= 0) this.#observed.values.eightFrom(reader, observed);
    else this.#observed.values.u64(0);
  }

  #writeBody(reader: Reader, start: number, end: number): void {
    const text = textStart(reader, start, end);
    if (text >= 0) {
      this.#body.add(reader, text, end);
      this.#bodyType.add(STRING, 0, STRING.bytes.length);
    } else this.#writeRareBody(reader, start, end);
  }

  #writeRareBody(reader: Reader, start: number, end: number): void {
    this.#text.reset();
    this.#signature.reset();
    if (end > start) {
      reader.position = start;
      writeAnyValue(reader, end, this.#text, this.#signature);
    }
    this.#body.add(this.#text, 0, this.#text.length);
    this.#bodyType.add(this.#signature, 0, this.#signature.length);
  }
}

function isSet(bytes: DataView, at: number): boolean {
  return at >= 0 && (bytes.getUint32(at) !== 0 || bytes.getUint32(at + 4) !== 0);
}
