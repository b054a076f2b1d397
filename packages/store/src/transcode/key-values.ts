/** Attributes in place: where they stand in a message, what they are, and their values as text. */
import { decode, KeyValue, type KeyValueObject, type Reader } from "@clew/otlp";
import type { Ranges } from "./walk-records.ts";

/** Where the values of one length-delimited field stand in a message. */
export function fieldRanges(reader: Reader, message: Ranges, wanted: number): Ranges {
  const position = reader.position;
  const found: Ranges = [];
  for (let i = 0; i < message.length; i += 2) {
    reader.position = message[i]!;
    while (reader.position < message[i + 1]!) {
      const tag = reader.varint();
      if (tag !== wanted) {
        reader.skip(tag);
        continue;
      }
      const end = reader.lengthEnd();
      found.push(reader.position, end);
      reader.position = end;
    }
  }
  reader.position = position;
  return found;
}

export function keyValues(reader: Reader, ranges: Ranges): KeyValueObject[] {
  const pairs: KeyValueObject[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    pairs.push(decode(KeyValue, reader.bytes.subarray(ranges[i], ranges[i + 1])) as unknown as KeyValueObject);
  }
  return pairs;
}

export function valueText(value: KeyValueObject["value"]): string {
  const simple = plain(value) ?? "";
  return typeof simple === "object" ? JSON.stringify(simple) : String(simple);
}

/** As JSON has it; bytes are base64, and integers within arrays and maps numbers. */
function plain(value: KeyValueObject["value"]): string | boolean | bigint | number | object | null {
  if (value?.arrayValue !== undefined) return value.arrayValue.values.map(plainItem);
  if (value?.kvlistValue !== undefined) {
    return Object.fromEntries(value.kvlistValue.values.map((entry) => [entry.key, plainItem(entry.value)]));
  }
  if (value?.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString("base64");
  return value?.stringValue ?? value?.boolValue ?? value?.intValue ?? value?.doubleValue ?? null;
}

function plainItem(value: KeyValueObject["value"]): unknown {
  const item = plain(value);
  return typeof item === "bigint" ? Number(item) : item;
}
