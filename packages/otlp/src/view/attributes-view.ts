import { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { readKeyValue, valueFromBytes, writeKeyValue, type Value } from "./value.ts";

const KEY_TAG = (1 << 3) | 2;
const VALUE_TAG = (2 << 3) | 2;

interface Entry {
  readonly key: string;
  /** The KeyValue as it came, until its value is changed. */
  raw: Uint8Array | undefined;
  value: Value | undefined;
}

/**
 * The attributes of something, in place of their bytes. Looking one up compares bytes and
 * decodes that value alone; the first change reads all keys. Of a key that stands twice the
 * first counts, and a change leaves one.
 */
export class AttributesView {
  readonly #raws: readonly Uint8Array[];
  #entries: Entry[] | undefined;
  #isChanged = false;

  /** `raws` are the KeyValues' bytes. */
  constructor(raws: readonly Uint8Array[]) {
    this.#raws = raws;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  get size(): number {
    return this.#entries?.length ?? this.#raws.length;
  }

  /** Undefined where it is missing; null where it stands without a value. */
  get(key: string): Value | undefined {
    if (this.#entries !== undefined) {
      const entry = this.#entries.find((one) => one.key === key);
      return entry === undefined ? undefined : valueOf(entry);
    }
    for (const raw of this.#raws) {
      if (hasKey(raw, key)) return readKeyValue(new Reader(raw), raw.length).value;
    }
    return undefined;
  }

  has(key: string): boolean {
    if (this.#entries !== undefined) return this.#entries.some((one) => one.key === key);
    return this.#raws.some((raw) => hasKey(raw, key));
  }

  keys(): string[] {
    return this.#opened().map(({ key }) => key);
  }

  /** Each key with its value, in order. */
  *[Symbol.iterator](): IterableIterator<readonly [string, Value]> {
    for (const entry of Array.from(this.#opened())) yield [entry.key, valueOf(entry)];
  }

  set(key: string, value: Value): void {
    this.#isChanged = true;
    const entries = this.#opened();
    const entry = entries.find((one) => one.key === key);
    if (entry === undefined) {
      entries.push({ key, raw: undefined, value });
      return;
    }
    entry.raw = undefined;
    entry.value = value;
    if (this.#raws.length > 1) this.#entries = entries.filter((one) => one === entry || one.key !== key);
  }

  /** Whether there was one. */
  delete(key: string): boolean {
    if (!this.has(key)) return false;
    this.#isChanged = true;
    this.#entries = this.#opened().filter((one) => one.key !== key);
    return true;
  }

  /** Keeps those for which `keep` holds. */
  retain(keep: (key: string, value: () => Value) => boolean): void {
    const entries = this.#opened();
    const kept = entries.filter((entry) => keep(entry.key, () => valueOf(entry)));
    if (kept.length === entries.length) return;
    this.#isChanged = true;
    this.#entries = kept;
  }

  /** Puts these in place of all. */
  replace(values: Iterable<readonly [string, Value]>): void {
    this.#isChanged = true;
    this.#entries = [...values].map(([key, value]) => ({ key, raw: undefined, value }));
  }

  /** Writes them as field `number`. */
  writeTo(writer: Writer, number: number): void {
    for (const { key, raw, value } of this.#opened()) {
      if (raw === undefined) writeKeyValue(writer, number, key, value ?? null);
      else writer.bytes(number, raw);
    }
  }

  #opened(): Entry[] {
    this.#entries ??= this.#raws.map((raw) => ({ key: keyOf(raw), raw, value: undefined }));
    return this.#entries;
  }
}

function valueOf(entry: Entry): Value {
  if (entry.value === undefined && entry.raw !== undefined) entry.value = valueIn(entry.raw);
  return entry.value ?? null;
}

function valueIn(raw: Uint8Array): Value {
  const reader = new Reader(raw);
  let value: Value = null;
  while (reader.position < raw.length) {
    const tag = reader.tag();
    if (tag === VALUE_TAG) value = valueFromBytes(reader.span());
    else reader.skip(tag);
  }
  return value;
}

function keyOf(raw: Uint8Array): string {
  const reader = new Reader(raw);
  let key = "";
  while (reader.position < raw.length) {
    const tag = reader.tag();
    if (tag === KEY_TAG) key = reader.string();
    else reader.skip(tag);
  }
  return key;
}

/** Compares without decoding where the key stands first, is short and ASCII, as it nearly always is. */
function hasKey(raw: Uint8Array, key: string): boolean {
  const length = raw[1] ?? 0;
  if (raw[0] !== KEY_TAG || length > 127) return keyOf(raw) === key;
  if (length !== key.length) return length > key.length && !isAscii(raw, 2, length) && keyOf(raw) === key;
  for (let i = 0; i < length; i++) {
    const byte = raw[i + 2]!;
    if (byte > 127) return keyOf(raw) === key;
    if (byte !== key.charCodeAt(i)) return false;
  }
  return raw.length === length + 2 || raw[length + 2] !== KEY_TAG || keyOf(raw) === key;
}

function isAscii(raw: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) if (raw[i]! > 127) return false;
  return true;
}
