/**
 * A shortcut for what nearly every attribute is: a KeyValue of a key and a text, number or
 * truth value, written in order and short enough that each length is one byte.
 *
 *     0a n key…  12 m  0a k text… │ 10 varint │ 18 varint │ 21 eight bytes
 */

const KEY = 0x0a;
const VALUE = 0x12;
const STRING = 0x0a;
const BOOL = 0x10;
const INT = 0x18;
const DOUBLE = 0x21;
const MAX_VARINT_BYTES = 10;

/** Whether `bytes` hold a well-formed KeyValue from `start` to `end`. False leaves it open: the long way must tell. */
export function isPlainAttribute(bytes: Uint8Array, start: number, end: number): boolean {
  // Shorter than the tags and lengths alone: what follows reads them without looking.
  if (end - start < 4 || bytes[start] !== KEY) return false;
  const keyLength = bytes[start + 1]!;
  const value = start + 2 + keyLength;
  if (keyLength > 127 || value + 2 > end || bytes[value] !== VALUE) return false;
  const inner = value + 2;
  if (bytes[value + 1]! !== end - inner || end - inner > 127) return false;
  if (inner === end) return true;
  if (inner + 2 > end) return false;
  switch (bytes[inner]) {
    case STRING:
      return bytes[inner + 1] === end - inner - 2;
    case BOOL:
    case INT:
      return isVarint(bytes, inner + 1, end);
    case DOUBLE:
      return end - inner === 9;
    default:
      return false;
  }
}

/** Where the plain attributes end that stand one after the other from `start` on, each behind the same one-byte `tag`. */
export function plainAttributesEnd(bytes: Uint8Array, tag: number, start: number, end: number): number {
  let position = start;
  while (position + 1 < end && bytes[position] === tag) {
    const attributeEnd = position + 2 + bytes[position + 1]!;
    if (bytes[position + 1]! > 127 || attributeEnd > end) break;
    if (!isPlainAttribute(bytes, position + 2, attributeEnd)) break;
    position = attributeEnd;
  }
  return position;
}

function isVarint(bytes: Uint8Array, start: number, end: number): boolean {
  const last = end - 1;
  if (end - start > MAX_VARINT_BYTES || bytes[last]! > 127) return false;
  for (let i = start; i < last; i++) if (bytes[i]! < 128) return false;
  return true;
}
