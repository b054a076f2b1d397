/** Telemetry of one thing in a file, whatever format that has. */
import { ClewError, messageOf } from "@clew/base";
import { payloadOfJaegerTrace, payloadOfZipkinSpan, recordedPayloads } from "@clew/collector";
import { payloadOfJson, type Payload, type Signal } from "@clew/otlp";
import { isNestedDeeper, MAX_NESTING } from "./nesting.ts";
import { isMessage, type Format } from "./recognise.ts";

const SIGNAL_OF_KEY: Readonly<Record<string, Signal>> = {
  resourceSpans: "traces",
  resourceLogs: "logs",
  resourceMetrics: "metrics",
};

type Json = Readonly<Record<string, unknown>>;

/** Rejects with a `ClewError` where it is none. `signal` says what protobuf is, where that cannot be seen. */
export async function payloadsOf(bytes: Buffer, format: Format, signal: Signal | undefined): Promise<Payload[]> {
  if (isMessage(bytes) || !/^[\s\uFEFF]*[{[]/.test(bytes.toString("utf8", 0, 64)))
    return protobuf(bytes, format, signal);
  if (isNestedDeeper(bytes)) throw unreadable(`it is nested more than ${MAX_NESTING} deep`);
  const text = withWholeNumbers(bytes.toString("utf8").replace(/^\uFEFF/, ""));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(messageOf(error));
  }
  return (Array.isArray(value) ? value : [value]).flatMap((one) =>
    ofValue(one, format, value === one ? text : undefined),
  );
}

/** Integers of Jaeger's tags that a number of JavaScript can't hold, as text. Nothing within a text looks so: its quotes are escaped. */
function withWholeNumbers(text: string): string {
  return text.replaceAll(/("value"\s*:\s*)(-?\d{16,20})(?=\s*[,}])/g, '$1"$2"');
}

async function protobuf(bytes: Buffer, format: Format, signal: Signal | undefined): Promise<Payload[]> {
  if (format !== "auto" && format !== "otlp-proto") throw unreadable("it is no JSON");
  try {
    return await recordedPayloads("", bytes, signal);
  } catch (error) {
    throw unreadable(error instanceof ClewError ? error.what : messageOf(error));
  }
}

/** `text` is the value's own, where there is one. */
function ofValue(value: unknown, format: Format, text: string | undefined): Payload[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable("it is no object");
  const object = value as Json;
  const kind = formatOf(object);
  if (
    kind === undefined ||
    (format !== "auto" && format !== kind && !(format === "otlp-proto" && kind === "otlp-json"))
  )
    throw unreadable(`it is not what ${format === "auto" ? "OTLP, Jaeger or Zipkin" : format} has`);
  if (kind === "otlp-json") return requests(object, text ?? JSON.stringify(object));
  if (kind === "zipkin") return [payloadOfZipkinSpan(object)];
  const traces = Array.isArray(object["data"]) ? (object["data"] as readonly unknown[]) : [object];
  return traces.flatMap((trace) => present(payloadOfJaegerTrace(trace)));
}

function formatOf(object: Json): Format | undefined {
  if (Object.keys(SIGNAL_OF_KEY).some((key) => key in object)) return "otlp-json";
  if (Array.isArray(object["data"]) || Array.isArray(object["spans"])) return "jaeger";
  return "traceId" in object && "id" in object ? "zipkin" : undefined;
}

function requests(object: Json, text: string): Payload[] {
  return Object.entries(SIGNAL_OF_KEY).flatMap(([key, signal]) => {
    if (!(key in object)) return [];
    const payload = payloadOfJson(signal, text);
    return payload.counts.items === 0 ? [] : [payload];
  });
}

function present(payload: Payload | undefined): Payload[] {
  return payload === undefined ? [] : [payload];
}

function unreadable(what: string): ClewError {
  return new ClewError("IMPORT_UNREADABLE", what, { remedy: "see what formats clew import reads" });
}
