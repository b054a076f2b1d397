import { putVarint, varintSize, type Writer } from "@clew/otlp";
import type { AnyValue } from "./any-value.ts";
import { type AttributeEntries, type AttributeWriter, isSmallInt } from "./attribute-writer.ts";

/** Longer texts are written anew. */
const MAX_REPLACED_TEXT = 40;

/** An attribute as it was written. */
interface Written {
  readonly key: string;
  readonly value: AnyValue;
  /** How many bytes another value must have to take its place; -1 where none may. */
  readonly width: number;
  start: number;
  end: number;
}

/**
 * Attributes as they stand in a writer. Those of the next item of their kind have the same keys and most of the
 * same values: they are copied from here in one piece, and what differs is put in its place.
 */
export class AttributeTemplate {
  #written: readonly Written[] = [];
  #start = 0;
  #writer: Writer | undefined;
  #generation = 0;

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#written.at(-1)?.end ?? this.#start;
  }

  /** Whether they are in `writer` still. */
  isIn(writer: Writer): boolean {
    return this.#writer === writer && this.#generation === writer.generation;
  }

  hasKeysOf({ entries, length }: AttributeEntries): boolean {
    const written = this.#written;
    if (length !== 2 * written.length) return false;
    for (let i = 0; i < written.length; i++) if (entries[2 * i] !== written[i]!.key) return false;
    return true;
  }

  /** Writes `entries` as the repeated `field`, and is made of them. */
  write(writer: Writer, attributes: AttributeWriter, field: number, { entries, length }: AttributeEntries): void {
    const written: Written[] = [];
    this.#start = writer.position;
    for (let i = 0; i < length; i += 2) {
      const [key, value, start] = [entries[i] as string, entries[i + 1] as AnyValue, writer.position];
      attributes.write(writer, field, i >> 1, key, value);
      written.push({ key, value, width: widthOf(value), start, end: writer.position });
    }
    this.#written = written;
    this.#writer = writer;
    this.#generation = writer.generation;
  }

  /** Writes `entries`, which have its keys, as a copy of itself. */
  copy(writer: Writer, attributes: AttributeWriter, field: number, entries: AttributeEntries): void {
    const { start, end } = this;
    const distance = writer.position - start;
    writer.room(end - start).copyWithin(writer.position, start, end);
    writer.position = end + this.fill(writer, attributes, field, entries, distance, end);
  }

  /** What it is made of was moved. */
  move(distance: number): void {
    if (distance === 0) return;
    this.#start += distance;
    for (const written of this.#written) {
      written.start += distance;
      written.end += distance;
    }
  }

  /**
   * A copy of everything from `start` to at least `copiedEnd` stands `distance` further. Its values become those of `entries`, which
   * have its keys. Returns how much further what comes behind them stands then.
   */
  fill(
    writer: Writer,
    attributes: AttributeWriter,
    field: number,
    { entries }: AttributeEntries,
    distance: number,
    copiedEnd: number,
  ): number {
    const all = this.#written;
    const { length } = all;
    let bytes = writer.room(0);
    let moved = distance;
    for (let i = 0; i < length; i++) {
      const written = all[i]!;
      const value = entries[2 * i + 1] as AnyValue;
      if (isReplaced(bytes, written, moved, value)) continue;
      writer.position = written.start + moved;
      attributes.write(writer, field, i, written.key, value);
      bytes = writer.room(copiedEnd - written.end);
      moved = writer.position - written.end;
      bytes.copyWithin(writer.position, written.end, copiedEnd);
    }
    return moved;
  }
}

function widthOf(value: AnyValue): number {
  if (typeof value === "string") return Buffer.byteLength(value) === value.length ? value.length : -1;
  if (typeof value === "boolean") return 1;
  return isSmallInt(value) ? varintSize(value) : -1;
}

/** Puts `value` in the place of one that was written and stands `moved` further now, if it fits there. */
function isReplaced(bytes: Uint8Array, written: Written, moved: number, value: AnyValue): boolean {
  const old = written.value;
  if (typeof value === "string") {
    if (typeof old !== "string") return false;
    const { width } = written;
    if (value.length !== width) return false;
    return value === old || (width <= MAX_REPLACED_TEXT && isPutAsAscii(bytes, written.end + moved - width, value));
  }
  if (typeof value === "boolean") {
    if (typeof old !== "boolean") return false;
    bytes[written.end + moved - 1] = value ? 1 : 0;
    return true;
  }
  if (value === old && value !== 0) return true;
  if (!isSmallInt(value) || typeof old !== "number" || varintSize(value) !== written.width) return false;
  putVarint(bytes, written.end + moved - written.width, value);
  return true;
}

function isPutAsAscii(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    bytes[start + i] = code;
  }
  return true;
}
