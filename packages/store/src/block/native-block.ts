import { ByteBuffer } from "./byte-buffer.ts";
import { sourceOf } from "./byte-source.ts";
import { ByteReader } from "./byte-reader.ts";
import type { Column } from "./columns.ts";

/**
 * Writes columns as one block of ClickHouse's Native format: the number of columns and of
 * rows, then each column's name, type and data. Columns must have equally many rows.
 * The returned parts share memory with the columns: use them before the columns are reset.
 */
export function nativeBlock(columns: Readonly<Record<string, Column>>): Uint8Array[] {
  const entries = Object.entries(columns);
  const rows = entries[0]?.[1].rows ?? 0;
  const parts: Uint8Array[] = [];
  const head = new ByteBuffer(16);
  head.varint(entries.length);
  head.varint(rows);
  parts.push(head.view());
  for (const [name, column] of entries) {
    if (column.rows !== rows) throw new Error(`column ${name} has ${column.rows} rows, the block ${rows}`);
    parts.push(columnHead(name, column.type));
    column.prefix(parts);
    column.data(parts);
  }
  return parts;
}

function columnHead(name: string, type: string): Uint8Array {
  const head = new ByteBuffer(name.length + type.length + 8);
  for (const text of [name, type]) {
    const source = sourceOf(Buffer.from(text));
    head.varint(source.bytes.length);
    head.copy(source, 0, source.bytes.length);
  }
  return head.view();
}

/** How many rows a block has. */
export function rowsOf(block: Uint8Array): number {
  const reader = new ByteReader([block]);
  reader.varint(); // Of columns.
  return reader.varint();
}
