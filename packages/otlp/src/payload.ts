import { fromJson } from "./json/from-json.ts";
import { PROTOCOLS, type Signal } from "./signal.ts";
import { compileValidator, type Counts, type Validate } from "./validate.ts";

const VALIDATE: Readonly<Record<Signal, Validate>> = {
  traces: compileValidator(PROTOCOLS.traces.request),
  metrics: compileValidator(PROTOCOLS.metrics.request),
  logs: compileValidator(PROTOCOLS.logs.request),
};

/** Who sent a request, and what it said beside its telemetry. */
export interface Client {
  /** `host:port` of the peer, where there is one. */
  readonly address?: string;
  /** Headers of the request, in lower case, where its receiver has `include_metadata`. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
  /** What the receiver's authenticator found out: `subject`, `username` … */
  readonly auth?: Readonly<Record<string, unknown>>;
}

/**
 * Telemetry as it flows through the collector: the bytes of one or more validated OTLP
 * `Export*ServiceRequest`s of one signal, with what they carry. A request is
 * `repeated ResourceX resource_x = 1`, so the chunks put end to end are a request again.
 * Never changed once made; branches of a pipeline share it.
 */
export interface Payload {
  readonly signal: Signal;
  readonly chunks: readonly Uint8Array[];
  readonly counts: Readonly<Counts>;
  readonly byteLength: number;
  /** Absent where nobody asked for it, and where payloads of several clients were joined. */
  readonly client?: Client;
}

/** Takes over `bytes`, which must not change afterwards. Throws `OTLP_MALFORMED` unless they are a well-formed request. */
export function payloadOf(signal: Signal, bytes: Uint8Array): Payload {
  return { signal, chunks: [bytes], counts: VALIDATE[signal](bytes), byteLength: bytes.length };
}

/** The same of a request that was written here and counted meanwhile, of what was checked before: it is not read again. */
export function payloadOfOwn(signal: Signal, bytes: Uint8Array, counts: Readonly<Counts>): Payload {
  return { signal, chunks: [bytes], counts, byteLength: bytes.length };
}

/** The same from OTLP/JSON text. */
export function payloadOfJson(signal: Signal, text: string): Payload {
  return payloadOf(signal, fromJson(PROTOCOLS[signal].request, text));
}

/** One payload that carries what all of them carry, in order, without copying. There must be at least one. */
export function concatPayloads(payloads: readonly Payload[]): Payload {
  const [first] = payloads;
  if (first === undefined) throw new RangeError("no payloads to concatenate");
  if (payloads.length === 1) return first;
  const counts: Counts = { resources: 0, metrics: 0, items: 0 };
  let byteLength = 0;
  const client = payloads.every((payload) => payload.client === first.client) ? first.client : undefined;
  for (const payload of payloads) {
    counts.resources += payload.counts.resources;
    counts.metrics += payload.counts.metrics;
    counts.items += payload.counts.items;
    byteLength += payload.byteLength;
  }
  const chunks = payloads.flatMap((payload) => payload.chunks);
  return { signal: first.signal, chunks, counts, byteLength, ...(client === undefined ? {} : { client }) };
}

/** What is told of a payload by whoever must not hold its bytes. */
export function withoutBytes({ signal, counts, byteLength }: Payload): Payload {
  return { signal, chunks: [], counts, byteLength };
}

/** The request's bytes in one piece. */
export function payloadBytes(payload: Payload): Uint8Array {
  return payload.chunks.length === 1 ? payload.chunks[0]! : Buffer.concat(payload.chunks, payload.byteLength);
}
