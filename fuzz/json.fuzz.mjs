/** OTLP in JSON: what is taken can be written as JSON again, and is taken again. */
import { encode, payloadBytes, payloadOfJson, PROTOCOLS, SIGNALS, toJson } from "../packages/otlp/dist/index.js";
import { isMalformed, SEED_OBJECTS } from "./otlp-seeds.mjs";

export const name = "json";
export const seeds = SIGNALS.map((signal) => {
  const { request } = PROTOCOLS[signal];
  return Buffer.from(JSON.stringify(toJson(request, encode(request, SEED_OBJECTS[signal]))));
});

export function run(bytes) {
  const text = Buffer.from(bytes).toString("utf8");
  for (const signal of SIGNALS) {
    let payload;
    try {
      payload = payloadOfJson(signal, text);
    } catch (error) {
      if (isMalformed(error)) continue;
      throw error;
    }
    const again = payloadOfJson(signal, JSON.stringify(toJson(PROTOCOLS[signal].request, payloadBytes(payload))));
    if (again.counts.items !== payload.counts.items) throw new Error("items were lost on the way through JSON");
  }
}
