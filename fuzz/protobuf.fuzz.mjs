/** OTLP in protobuf: what is taken can be decoded, written again and edited, and carries what was counted. */
import { decode, encode, mapResources, payloadOf, PROTOCOLS, SIGNALS } from "../packages/otlp/dist/index.js";
import { isMalformed, SEED_OBJECTS } from "./otlp-seeds.mjs";

export const name = "protobuf";
export const seeds = SIGNALS.map((signal) => Buffer.from(encode(PROTOCOLS[signal].request, SEED_OBJECTS[signal])));

export function run(bytes) {
  for (const signal of SIGNALS) {
    const payload = taken(signal, bytes);
    if (payload === undefined) continue;
    const { request } = PROTOCOLS[signal];
    same(payload, payloadOf(signal, encode(request, decode(request, bytes))));
    const edited = mapResources(payload, (resource) => Buffer.concat([resource, Buffer.from([0x10, 1])]));
    same(payload, payloadOf(signal, edited.chunks[0]));
  }
}

/** Undefined where it is refused. */
function taken(signal, bytes) {
  try {
    return payloadOf(signal, bytes);
  } catch (error) {
    if (isMalformed(error)) return undefined;
    throw error;
  }
}

function same({ counts }, other) {
  if (JSON.stringify(counts) !== JSON.stringify(other.counts))
    throw new Error(`${JSON.stringify(counts)} became ${JSON.stringify(other.counts)}`);
}
