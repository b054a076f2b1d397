import { parseBaggage } from "../../propagation/w3c-baggage-propagator.ts";

/** Reads `key1=value1,key2=value2`, percent-encoded, as a header of baggage; what is malformed or has no value is passed over. */
export function parseKeyPairsIntoRecord(value: string = ""): Record<string, string> {
  const entries = Object.entries(parseBaggage(value)).map(([key, entry]) => [key, entry.value] as const);
  return Object.fromEntries(entries.filter(([, text]) => text !== ""));
}
