/** Telemetry from a file: requests in OTLP/protobuf, or lines of OTLP/JSON as the `file` exporter writes them. */
import { ClewError, messageOf } from "@clew/base";
import { payloadOf, payloadOfJson, SIGNALS, type Payload, type Signal } from "@clew/otlp";

const JSON_KEYS: Readonly<Record<Signal, string>> = {
  traces: "resourceSpans",
  metrics: "resourceMetrics",
  logs: "resourceLogs",
};
const LENGTH_BYTES = 4;

/** The payloads of a file, in order. Throws `REPLAY_UNREADABLE`. `signal` says what protobuf is, where that cannot be seen. */
export function recordedPayloads(name: string, bytes: Buffer, signal: Signal | undefined): Payload[] {
  const isText = /^[\s\uFEFF]*[{[]/.test(bytes.toString("utf8", 0, 64));
  return isText ? jsonPayloads(name, bytes.toString("utf8")) : protobufPayloads(name, bytes, signal);
}

function jsonPayloads(name: string, text: string): Payload[] {
  const whole = jsonPayload(text);
  if (whole !== undefined) return [whole];
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const payload = jsonPayload(line);
    if (payload === undefined) throw unreadable(`${name}:${i + 1}`, "it is no request in OTLP/JSON");
    return [payload];
  });
}

function jsonPayload(text: string): Payload | undefined {
  try {
    const object = JSON.parse(text) as Record<string, unknown>;
    const signal = SIGNALS.find((one) => JSON_KEYS[one] in object);
    return signal === undefined ? undefined : payloadOfJson(signal, text);
  } catch {
    return undefined;
  }
}

function protobufPayloads(name: string, bytes: Buffer, signal: Signal | undefined): Payload[] {
  const whole = protobufPayload(bytes, signal);
  if (whole !== undefined) return [whole];
  // The `file` exporter puts each request's length before it.
  const payloads: Payload[] = [];
  for (let position = 0; position < bytes.length;) {
    const start = position + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32BE(position) : Infinity;
    const payload = end <= bytes.length ? protobufPayload(bytes.subarray(start, end), signal) : undefined;
    if (payload === undefined) throw unreadable(`${name} at byte ${position}`, "it is no request in OTLP/protobuf");
    payloads.push(payload);
    position = end;
  }
  return payloads;
}

/** The messages of the signals differ so much that bytes of one are hardly ever another. */
function protobufPayload(bytes: Buffer, signal: Signal | undefined): Payload | undefined {
  for (const one of signal === undefined ? SIGNALS : [signal]) {
    try {
      const payload = payloadOf(one, bytes);
      if (payload.counts.items > 0) return payload;
    } catch (error) {
      if (!(error instanceof ClewError)) throw new Error(messageOf(error), { cause: error });
    }
  }
  return undefined;
}

function unreadable(where: string, what: string): ClewError {
  return new ClewError("REPLAY_UNREADABLE", what, {
    path: where,
    remedy:
      "give a file of requests in OTLP/protobuf, or of lines of OTLP/JSON; --signal says which signal protobuf is",
  });
}
