/**
 * Telemetry from a file: one request in OTLP/protobuf or OTLP/JSON, or what the `file` exporter
 * writes: lines of OTLP/JSON, or requests of which each stands after its length.
 */
import { ClewError, messageOf } from "@clew/base";
import { payloadOf, payloadOfJson, SIGNALS, type Payload, type Signal } from "@clew/otlp";
import { decompress } from "../compression/decompress.ts";

const JSON_KEYS: Readonly<Record<Signal, string>> = {
  traces: "resourceSpans",
  metrics: "resourceMetrics",
  logs: "resourceLogs",
};
const LENGTH_BYTES = 4;
/** How a frame of Zstandard begins. No request in protobuf and no JSON does. */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** A request that becomes larger than this is not read. */
const MAX_REQUEST_BYTES = 256 * 1024 * 1024;

/**
 * The payloads of a file, in order. Rejects with `REPLAY_UNREADABLE`. `signal` says what
 * protobuf is, where that cannot be seen.
 */
export async function recordedPayloads(name: string, bytes: Buffer, signal: Signal | undefined): Promise<Payload[]> {
  if (bytes.length === 0) throw unreadable(name, "it is empty");
  const whole = await request(name, bytes, signal);
  if (whole !== undefined) return [whole];
  return isText(bytes) ? jsonLines(name, bytes.toString("utf8")) : framed(name, bytes, signal);
}

function jsonLines(name: string, text: string): Payload[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const payload = jsonRequest(line);
    if (payload === undefined) throw unreadable(`${name}:${i + 1}`, "it is no request in OTLP/JSON");
    return [payload];
  });
}

/** The `file` exporter puts each request's length before it. */
async function framed(name: string, bytes: Buffer, signal: Signal | undefined): Promise<Payload[]> {
  const payloads: Payload[] = [];
  for (let position = 0; position < bytes.length;) {
    const start = position + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32BE(position) : Infinity;
    const payload =
      end <= bytes.length
        ? await request(`${name} at byte ${position}`, bytes.subarray(start, end), signal)
        : undefined;
    if (payload === undefined) throw unreadable(`${name} at byte ${position}`, "it is no request in OTLP");
    payloads.push(payload);
    position = end;
  }
  return payloads;
}

/** One request, compressed or not, in either encoding; `name` is where it stands. Undefined where it is none. */
async function request(name: string, bytes: Buffer, signal: Signal | undefined): Promise<Payload | undefined> {
  if (bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC)) {
    const plain = await decompress(bytes, "zstd", MAX_REQUEST_BYTES).catch(() => undefined);
    return plain === undefined ? undefined : request(name, plain, signal);
  }
  // Protobuf first: its first byte is a line break, and a brace may follow by chance.
  return protobufRequest(name, bytes, signal) ?? (isText(bytes) ? jsonRequest(bytes.toString("utf8")) : undefined);
}

function isText(bytes: Buffer): boolean {
  return /^[\s\uFEFF]*[{[]/.test(bytes.toString("utf8", 0, 64));
}

function jsonRequest(text: string): Payload | undefined {
  try {
    const object = JSON.parse(text) as Record<string, unknown>;
    const signal = SIGNALS.find((one) => JSON_KEYS[one] in object);
    return signal === undefined ? undefined : payloadOfJson(signal, text);
  } catch {
    return undefined;
  }
}

/**
 * The messages of the signals differ so much that bytes of one are hardly ever another: a log record of a body alone may
 * be a span with a strange name. Then it is not for us to choose.
 */
function protobufRequest(name: string, bytes: Buffer, signal: Signal | undefined): Payload | undefined {
  const [payload, other] = (signal === undefined ? SIGNALS : [signal]).flatMap((one) => requestOf(one, bytes) ?? []);
  if (payload !== undefined && other !== undefined)
    throw unreadable(name, `it may be ${payload.signal} or ${other.signal}`);
  return payload;
}

/** Undefined where the bytes are none with anything in it. */
function requestOf(signal: Signal, bytes: Buffer): Payload | undefined {
  try {
    const payload = payloadOf(signal, bytes);
    return payload.counts.items > 0 ? payload : undefined;
  } catch (error) {
    if (error instanceof ClewError) return undefined;
    throw new Error(messageOf(error), { cause: error });
  }
}

function unreadable(where: string, what: string): ClewError {
  return new ClewError("REPLAY_UNREADABLE", what, {
    path: where,
    remedy:
      "give a request in OTLP/protobuf or OTLP/JSON, or a file of the file exporter; --signal says which signal protobuf is",
  });
}
