/** OTLP spans to rows of `otel_traces`, field by field, without making strings or objects. */
import type { Reader } from "@clew/otlp";
import { type ByteSource, sourceOf } from "../block/byte-source.ts";
import { FixedColumn, LowCardinalityColumn, StringColumn, type Column } from "../block/columns.ts";
import { MapColumn } from "../block/map-columns.ts";
import { AttributeWriter } from "./attributes.ts";
import { EventColumns } from "./event-columns.ts";
import { LinkColumns } from "./link-columns.ts";
import { RecordTranscoder } from "./record-transcoder.ts";
import { ServiceEdges } from "./service-edges.ts";
import { newCallSide, type CallSide } from "./waiting-calls.ts";

/** The names that the Collector's ClickHouse exporter gives to span kinds and status codes, by number. */
export const SPAN_KIND_NAMES = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"] as const;
export const STATUS_CODE_NAMES = ["Unset", "Ok", "Error"] as const;
const KINDS = SPAN_KIND_NAMES.map((name) => sourceOf(Buffer.from(name)));
const STATUSES = STATUS_CODE_NAMES.map((name) => sourceOf(Buffer.from(name)));

/** As OTLP numbers them. */
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const ERROR = 2;
const SPAN_ID_BYTES = 8;
const TWO_32 = 4_294_967_296;

export class SpansTranscoder extends RecordTranscoder {
  readonly table = "otel_traces";

  readonly #edges: ServiceEdges;
  readonly #side = newCallSide();
  readonly #timestamp = new FixedColumn("DateTime64(9)", 8);
  readonly #duration = new FixedColumn("UInt64", 8);
  readonly #traceId = new StringColumn();
  readonly #spanId = new StringColumn();
  readonly #parentSpanId = new StringColumn();
  readonly #traceState = new StringColumn();
  readonly #name = new LowCardinalityColumn();
  readonly #kind = new LowCardinalityColumn();
  readonly #flags = new FixedColumn("UInt32", 4);
  readonly #attributes = new MapColumn();
  readonly #types = new LowCardinalityColumn();
  readonly #statusCode = new LowCardinalityColumn();
  readonly #statusMessage = new StringColumn();
  readonly #droppedAttributes = new FixedColumn("UInt32", 4);
  readonly #droppedEvents = new FixedColumn("UInt32", 4);
  readonly #droppedLinks = new FixedColumn("UInt32", 4);
  readonly #events = new EventColumns();
  readonly #links = new LinkColumns();
  readonly #attributeWriter = new AttributeWriter({ values: this.#attributes, types: this.#types });

  readonly columns: Readonly<Record<string, Column>> = {
    Timestamp: this.#timestamp,
    TraceId: this.#traceId,
    SpanId: this.#spanId,
    ParentSpanId: this.#parentSpanId,
    TraceState: this.#traceState,
    SpanName: this.#name,
    SpanKind: this.#kind,
    SpanFlags: this.#flags,
    Duration: this.#duration,
    StatusCode: this.#statusCode,
    StatusMessage: this.#statusMessage,
    SpanAttributes: this.#attributes,
    SpanAttributesTypes: this.#types,
    DroppedAttributesCount: this.#droppedAttributes,
    DroppedEventsCount: this.#droppedEvents,
    DroppedLinksCount: this.#droppedLinks,
    ...this.#events.columns,
    ...this.#links.columns,
    ...this.shared.columns,
  };

  constructor() {
    const edges = new ServiceEdges();
    super([edges]);
    this.#edges = edges;
  }

  protected override addRecord(reader: Reader, end: number): void {
    this.#readSpan(reader, end);
    this.#attributeWriter.endRow();
    this.#events.endRow();
    this.#links.endRow();
  }

  #readSpan(reader: Reader, end: number): void {
    const { dataView } = reader;
    let traceId = 0;
    let traceIdEnd = 0;
    let spanId = 0;
    let spanIdEnd = 0;
    let parent = 0;
    let parentEnd = 0;
    let state = 0;
    let stateEnd = 0;
    let name = 0;
    let nameEnd = 0;
    let startAt = -1;
    let endAt = -1;
    let kind = 0;
    let flags = 0;
    let status = 0;
    let statusEnd = 0;
    let droppedAttributes = 0;
    let droppedEvents = 0;
    let droppedLinks = 0;
    while (reader.position < end) {
      const tag = reader.varint();
      switch (tag) {
        case 10:
          traceIdEnd = reader.lengthEnd();
          traceId = reader.position;
          reader.position = traceIdEnd;
          break;
        case 18:
          spanIdEnd = reader.lengthEnd();
          spanId = reader.position;
          reader.position = spanIdEnd;
          break;
        case 26:
          stateEnd = reader.lengthEnd();
          state = reader.position;
          reader.position = stateEnd;
          break;
        case 34:
          parentEnd = reader.lengthEnd();
          parent = reader.position;
          reader.position = parentEnd;
          break;
        case 42:
          nameEnd = reader.lengthEnd();
          name = reader.position;
          reader.position = nameEnd;
          break;
        case 48:
          kind = reader.int32();
          break;
        case 57:
          startAt = reader.position;
          reader.position += 8;
          break;
        case 65:
          endAt = reader.position;
          reader.position += 8;
          break;
        case 74:
          this.#attributeWriter.add(reader, reader.lengthEnd());
          break;
        case 80:
          droppedAttributes = reader.uint32();
          break;
        case 90:
          this.#events.add(reader, reader.lengthEnd());
          break;
        case 96:
          droppedEvents = reader.uint32();
          break;
        case 106:
          this.#links.add(reader, reader.lengthEnd());
          break;
        case 112:
          droppedLinks = reader.uint32();
          break;
        case 122:
          statusEnd = reader.lengthEnd();
          status = reader.position;
          reader.position = statusEnd;
          break;
        case 133:
          flags = reader.fixed32();
          break;
        default:
          reader.skip(tag);
      }
    }
    this.#traceId.addHex(reader, traceId, traceIdEnd);
    this.#spanId.addHex(reader, spanId, spanIdEnd);
    this.#parentSpanId.addHex(reader, parent, parentEnd);
    this.#traceState.add(reader, state, stateEnd);
    this.#name.add(reader, name, nameEnd);
    addNamed(this.#kind, KINDS, kind);
    this.#flags.values.u32(flags);
    this.#droppedAttributes.values.u32(droppedAttributes);
    this.#droppedEvents.values.u32(droppedEvents);
    this.#droppedLinks.values.u32(droppedLinks);
    this.#writeTimes(reader, startAt, endAt);
    const isError = this.#writeStatus(reader, status, statusEnd);
    const isCaller = kind === CLIENT || kind === PRODUCER;
    if (isCaller || kind === SERVER || kind === CONSUMER) {
      const [idAt, idEnd] = isCaller ? [spanId, spanIdEnd] : [parent, parentEnd];
      if (idEnd - idAt === SPAN_ID_BYTES && startAt >= 0 && endAt >= 0)
        this.#edges.add(dataView, idAt, this.#callSide(dataView, isCaller, startAt, endAt, isError));
    }
    reader.position = end;
  }

  /** End minus start in 64-bit arithmetic, kept as two halves; it wraps where a span ends before it starts. */
  #writeTimes(reader: Reader, startAt: number, endAt: number): void {
    const { dataView } = reader;
    if (startAt < 0) this.#timestamp.values.u64(0);
    else this.#timestamp.values.eightFrom(reader, startAt);
    const startLow = startAt < 0 ? 0 : dataView.getUint32(startAt, true);
    const startHigh = startAt < 0 ? 0 : dataView.getUint32(startAt + 4, true);
    const endLow = endAt < 0 ? 0 : dataView.getUint32(endAt, true);
    const endHigh = endAt < 0 ? 0 : dataView.getUint32(endAt + 4, true);
    this.#duration.values.u32(endLow - startLow);
    this.#duration.values.u32(endHigh - startHigh - (endLow < startLow ? 1 : 0));
  }

  /** The same object each time. */
  #callSide(dataView: DataView, isCaller: boolean, startAt: number, endAt: number, isError: boolean): CallSide {
    const start = dataView.getUint32(startAt + 4, true) * TWO_32 + dataView.getUint32(startAt, true);
    const end = dataView.getUint32(endAt + 4, true) * TWO_32 + dataView.getUint32(endAt, true);
    const side = this.#side;
    side.isCaller = isCaller;
    side.service = this.shared.service;
    side.startSeconds = Math.floor(start / 1e9);
    side.durationNanos = Math.max(0, end - start);
    side.isError = isError;
    return side;
  }

  /** Returns whether the status is an error. */
  #writeStatus(reader: Reader, start: number, end: number): boolean {
    let code = 0;
    let message = 0;
    let messageEnd = 0;
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.varint();
      if (tag === 18) {
        messageEnd = reader.lengthEnd();
        message = reader.position;
        reader.position = messageEnd;
      } else if (tag === 24) code = reader.int32();
      else reader.skip(tag);
    }
    addNamed(this.#statusCode, STATUSES, code);
    this.#statusMessage.add(reader, message, messageEnd);
    return code === ERROR;
  }
}

/** A known number by its name, any other as its digits, so that nothing is lost. */
function addNamed(column: LowCardinalityColumn, names: readonly ByteSource[], value: number): void {
  const name = names[value];
  if (name === undefined) column.addText(String(value));
  else column.add(name, 0, name.bytes.length);
}
