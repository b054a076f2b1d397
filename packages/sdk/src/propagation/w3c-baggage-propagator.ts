import {
  type BaggageEntry,
  baggageEntryMetadataFromString,
  type Context,
  diag,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from "@opentelemetry/api";
import { isTracingSuppressed } from "../common/suppress-tracing.ts";
import { isHeaderName } from "./carrier-header.ts";

const BAGGAGE = "baggage";
/** The W3C recommendation asks for at least 64 members and 8192 bytes; 180 is what its first version asked for. */
const MAX_MEMBERS = 180;
const MAX_BYTES = 8_192;

/** Carries baggage in the header `baggage`. Source: W3C Baggage. */
export class W3CBaggagePropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const baggage = propagation.getBaggage(context);
    if (baggage === undefined || isTracingSuppressed(context)) return;
    const header = serializeBaggage(baggage.getAllEntries());
    if (header !== "") setter.set(carrier, BAGGAGE, header);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = getter.get(carrier, BAGGAGE) ?? "";
    if (header.length === 0) return context;
    const entries = parseBaggage(Array.isArray(header) ? header.join(",") : header);
    if (Object.keys(entries).length === 0) return context;
    return propagation.setBaggage(context, propagation.createBaggage(entries));
  }

  fields(): string[] {
    return [BAGGAGE];
  }
}

/** The header for `entries`. An entry whose name is no HTTP token, or that is beyond the limits, is left out. */
function serializeBaggage(entries: readonly (readonly [string, BaggageEntry])[]): string {
  const members: string[] = [];
  let bytes = -1;
  for (const [name, entry] of entries) {
    const member = serializeMember(name, entry);
    if (!isHeaderName(name) || members.length >= MAX_MEMBERS || bytes + 1 + member.length > MAX_BYTES) {
      diag.warn(`baggage entry ${JSON.stringify(name)} is not sent: no valid name, or beyond the header's limits`);
      continue;
    }
    members.push(member);
    bytes += 1 + member.length;
  }
  return members.join(",");
}

function serializeMember(name: string, { value, metadata }: BaggageEntry): string {
  const properties = metadata?.toString() ?? "";
  return `${name}=${encodeValue(value)}${properties === "" ? "" : `;${properties}`}`;
}

/** Percent-encodes every byte of the UTF-8 text that is no `baggage-octet`, and `%` itself. */
function encodeValue(value: string): string {
  let text = "";
  for (const byte of Buffer.from(value, "utf8")) {
    text += isPlainOctet(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

/** `baggage-octet` of the recommendation, without `%`. */
function isPlainOctet(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && !'"%,;\\'.includes(String.fromCharCode(byte));
}

/** Reads a header; malformed members are passed over, and so is what comes after the limits. */
export function parseBaggage(header: string): Record<string, BaggageEntry> {
  const entries: [string, BaggageEntry][] = [];
  let bytes = -1;
  for (const member of header.split(",", MAX_MEMBERS)) {
    bytes += 1 + Buffer.byteLength(member);
    if (bytes > MAX_BYTES) break;
    const entry = parseMember(member);
    if (entry !== undefined) entries.push(entry);
  }
  return Object.fromEntries(entries);
}

function parseMember(member: string): [string, BaggageEntry] | undefined {
  const [pair = "", ...properties] = member.split(";");
  const at = pair.indexOf("=");
  const name = pair.slice(0, Math.max(at, 0)).trim();
  if (!isHeaderName(name)) return undefined;
  const value = decodeValue(pair.slice(at + 1).trim());
  const metadata = properties.join(";").trim();
  return [name, metadata === "" ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata) }];
}

/** Sequences that are no UTF-8 become the replacement character, as the recommendation says. */
function decodeValue(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}
