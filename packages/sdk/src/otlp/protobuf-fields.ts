/** Reads the few small messages that an exporter gets back: partial success, and gRPC's error details. */

/** The fields of a message: a number for a varint, bytes for a nested message or a string. */
export function* protobufFields(bytes: Uint8Array): Generator<{ field: number; value: number | Uint8Array }> {
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = varint(cursor);
    const value = fieldValue(cursor, tag & 7);
    if (value === undefined) return;
    yield { field: Math.floor(tag / 8), value };
  }
}

/** The last value of `field`, when it is bytes. */
export function bytesField(bytes: Uint8Array, field: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const entry of protobufFields(bytes)) {
    if (entry.field === field && typeof entry.value !== "number") found = entry.value;
  }
  return found;
}

/** The last value of `field`, when it is a number; 0 when it is not there. */
export function numberField(bytes: Uint8Array, field: number): number {
  let found = 0;
  for (const entry of protobufFields(bytes)) {
    if (entry.field === field && typeof entry.value === "number") found = entry.value;
  }
  return found;
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function fieldValue(cursor: Cursor, wireType: number): number | Uint8Array | undefined {
  if (wireType === 0) return varint(cursor);
  if (wireType === 1) return take(cursor, 8);
  if (wireType === 2) return take(cursor, varint(cursor));
  if (wireType === 5) return take(cursor, 4);
  return undefined;
}

function take(cursor: Cursor, length: number): Uint8Array {
  const start = cursor.at;
  cursor.at += length;
  return cursor.bytes.subarray(start, cursor.at);
}

function varint(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = cursor.bytes[cursor.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
}
