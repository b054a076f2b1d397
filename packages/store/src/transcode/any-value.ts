/** Any AnyValue as text and type signature: the general case, for attributes' rarer types and log bodies. */
import type { Reader } from "@clew/otlp";
import type { ByteBuffer } from "../block/byte-buffer.ts";

const STRING_VALUE = 10;

/** Where the text begins of an AnyValue that is a string and nothing else, as most are; -1 for others. Moves the reader. */
export function textStart(reader: Reader, start: number, end: number): number {
  if (start === end || reader.bytes[start] !== STRING_VALUE) return -1;
  reader.position = start + 1;
  return reader.lengthEnd() === end ? reader.position : -1;
}

/** Takes the AnyValue that ends at `end`. At the top level strings and bytes stand bare, within arrays and maps as JSON. */
export function writeAnyValue(reader: Reader, end: number, text: ByteBuffer, signature: ByteBuffer): void {
  writeValue(reader, end, text, signature, false);
}

function writeValue(reader: Reader, end: number, text: ByteBuffer, signature: ByteBuffer, inJson: boolean): void {
  const { tag, start, stop } = lastMember(reader, end);
  reader.position = start;
  switch (tag >>> 3) {
    case 1: {
      if (inJson) put(text, JSON.stringify(reader.bytes.toString("utf8", start, stop)));
      else text.copy(reader, start, stop);
      put(signature, "s");
      break;
    }
    case 2:
      put(text, reader.varint() === 0 ? "false" : "true");
      put(signature, "b");
      break;
    case 3:
      put(text, reader.int64().toString());
      put(signature, "i");
      break;
    case 4: {
      const value = doubleText(reader.double());
      put(text, inJson && !/\d$/.test(value) ? JSON.stringify(value) : value);
      put(signature, "d");
      break;
    }
    case 5:
      writeArray(reader, stop, text, signature);
      break;
    case 6:
      writeMap(reader, stop, text, signature);
      break;
    case 7: {
      const value = reader.bytes.toString("base64", start, stop);
      put(text, inJson ? `"${value}"` : value);
      put(signature, "y");
      break;
    }
    default:
      if (inJson) put(text, "null");
      put(signature, "e");
  }
  reader.position = end;
}

/** A oneof may stand on the wire several times: the last known member counts. */
function lastMember(reader: Reader, end: number): { tag: number; start: number; stop: number } {
  let found = { tag: 0, start: reader.position, stop: reader.position };
  while (reader.position < end) {
    const tag = reader.varint();
    let start = reader.position;
    reader.skip(tag);
    const stop = reader.position;
    if ((tag & 7) === 2) {
      reader.position = start;
      reader.varint();
      start = reader.position;
      reader.position = stop;
    }
    if (tag >>> 3 <= 7) found = { tag, start, stop };
  }
  return found;
}

function writeArray(reader: Reader, end: number, text: ByteBuffer, signature: ByteBuffer): void {
  put(text, "[");
  put(signature, "[");
  const lettersStart = signature.length;
  let count = 0;
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag !== 10) {
      reader.skip(tag);
      continue;
    }
    if (count++ > 0) put(text, ",");
    writeValue(reader, reader.lengthEnd(), text, signature, true);
  }
  shortenRun(signature, lettersStart, count);
  put(text, "]");
  put(signature, "]");
}

function writeMap(reader: Reader, end: number, text: ByteBuffer, signature: ByteBuffer): void {
  put(text, "{");
  put(signature, "{");
  let count = 0;
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag !== 10) {
      reader.skip(tag);
      continue;
    }
    if (count++ > 0) put(text, ",");
    writeEntry(reader, reader.lengthEnd(), text, signature);
  }
  put(text, "}");
  put(signature, "}");
}

function writeEntry(reader: Reader, end: number, text: ByteBuffer, signature: ByteBuffer): void {
  const start = reader.position;
  let key = "";
  let valueStart = end;
  let valueEnd = end;
  while (reader.position < end) {
    const tag = reader.varint();
    if (tag === 10) key = reader.string();
    else if (tag === 18) {
      valueEnd = reader.lengthEnd();
      valueStart = reader.position;
      reader.position = valueEnd;
    } else reader.skip(tag);
  }
  reader.position = start;
  put(text, `${JSON.stringify(key)}:`);
  reader.position = valueStart;
  writeValue(reader, valueEnd, text, signature, true);
  reader.position = end;
}

/** `[iiii]` becomes `[i*]`, so that long arrays do not each make a new signature. */
function shortenRun(signature: ByteBuffer, start: number, count: number): void {
  if (count < 2 || signature.length - start !== count) return;
  const letter = signature.bytes[start];
  for (let i = start + 1; i < signature.length; i++) if (signature.bytes[i] !== letter) return;
  signature.length = start + 1;
  put(signature, "*");
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function put(target: ByteBuffer, text: string): void {
  const byteLength = Buffer.byteLength(text);
  target.reserve(byteLength);
  target.length += target.bytes.write(text, target.length);
}
