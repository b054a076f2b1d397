import { readScalar, zeroOf } from "../decode.ts";
import { writeField } from "../encode.ts";
import { isPackable, type Field, type Message } from "../schema/message.ts";
import { Reader } from "../wire/reader.ts";
import { LENGTH_DELIMITED } from "../wire/wire-type.ts";
import { Writer } from "../wire/writer.ts";
import { AttributesView } from "./attributes-view.ts";

/** What a scalar field holds: ids and bytes share memory with the message, 64-bit integers are `bigint`. */
export type Scalar = string | boolean | number | bigint | Uint8Array | readonly (number | bigint | string)[];

/** A field that was looked into or changed. */
type Slot =
  | { readonly is: "scalar"; readonly field: Field; readonly value: Scalar | undefined }
  | { readonly is: "one"; readonly field: Field; readonly view: MessageView | undefined; readonly state: OneState }
  | { readonly is: "many"; readonly field: Field; views: readonly MessageView[]; isReplaced: boolean }
  | { readonly is: "attributes"; readonly field: Field; readonly view: AttributesView };

/** Whether the message inside came with the bytes, is made on the spot, or was put there. */
type OneState = "read" | "absent" | "put";

/** Three numbers for each field on the wire: its tag, where it begins (tag included), where it ends. */
const STRIDE = 3;

/**
 * A message in place of its bytes: a field is decoded when it is asked for, and what was not
 * changed is written as it came. Views of messages inside are part of it, so that a change
 * anywhere below shows in `bytes()`. Fields are named as in OTLP/JSON.
 */
export class MessageView {
  readonly type: Message;
  readonly #bytes: Uint8Array;
  #index: number[] | undefined;
  // field number --> slot
  #slots: Map<number, Slot> | undefined;

  /** `bytes` must be a well-formed `type`, and not change. */
  constructor(type: Message, bytes: Uint8Array = new Uint8Array(0)) {
    this.type = type;
    this.#bytes = bytes;
  }

  get isChanged(): boolean {
    if (this.#slots === undefined) return false;
    for (const slot of this.#slots.values()) if (isChanged(slot)) return true;
    return false;
  }

  /** Whether the field stands there; a oneof's member and a message inside even when empty. */
  has(name: string): boolean {
    const { number } = this.#field(name);
    const slot = this.#slots?.get(number);
    if (slot === undefined) return this.#find(number) >= 0;
    if (slot.is === "scalar") return slot.value !== undefined;
    if (slot.is === "one") return slot.view !== undefined && (slot.state !== "absent" || slot.view.isChanged);
    return (slot.is === "many" ? slot.views.length : slot.view.size) > 0;
  }

  /** A scalar field's value, its type's zero where it is missing; undefined for a missing `optional` or oneof's member. */
  get(name: string): Scalar | undefined {
    const field = this.#field(name);
    const slot = this.#slots?.get(field.number);
    if (slot?.is === "scalar") return slot.value ?? missing(field);
    return this.#read(field);
  }

  /** Undefined takes the field away. Setting a member of a oneof takes the others away. */
  set(name: string, value: Scalar | undefined): void {
    const field = this.#field(name);
    this.#dropSiblings(field);
    this.#put({ is: "scalar", field, value });
  }

  /** The message inside; an empty one, which becomes part of this once it is changed, where there is none. */
  one(name: string): MessageView {
    const field = this.#field(name);
    const slot = this.#slots?.get(field.number);
    if (slot?.is === "one" && slot.view !== undefined) return slot.view;
    const parts = slot === undefined ? this.#spans(field.number) : [];
    const view = new MessageView(field.message!(), parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    this.#put({ is: "one", field, view, state: parts.length === 0 ? "absent" : "read" });
    return view;
  }

  /** Puts `view` in place of the message inside, taking a oneof's other members away; undefined removes it. */
  setOne(name: string, view: MessageView | undefined): void {
    const field = this.#field(name);
    this.#dropSiblings(field);
    this.#put({ is: "one", field, view, state: "put" });
  }

  /** The repeated messages of a field, in order. */
  many(name: string): readonly MessageView[] {
    const field = this.#field(name);
    const slot = this.#slots?.get(field.number);
    if (slot?.is === "many") return slot.views;
    const type = field.message!();
    const views = this.#spans(field.number).map((span) => new MessageView(type, span));
    this.#put({ is: "many", field, views, isReplaced: false });
    return views;
  }

  /** Puts these in place of all. */
  setMany(name: string, views: readonly MessageView[]): void {
    this.#put({ is: "many", field: this.#field(name), views, isReplaced: true });
  }

  /** Keeps those for which `keep` holds. */
  retain(name: string, keep: (view: MessageView) => boolean): void {
    const views = this.many(name);
    const kept = views.filter((view) => keep(view));
    if (kept.length < views.length) this.setMany(name, kept);
  }

  /** A field of KeyValues, `attributes` if nothing else is said. */
  attributes(name = "attributes"): AttributesView {
    const field = this.#field(name);
    const slot = this.#slots?.get(field.number);
    if (slot?.is === "attributes") return slot.view;
    const view = new AttributesView(this.#spans(field.number));
    this.#put({ is: "attributes", field, view });
    return view;
  }

  /** The message as it is now: the very bytes that it was made of where nothing was changed. */
  bytes(): Uint8Array {
    if (!this.isChanged) return this.#bytes;
    const writer = new Writer(this.#bytes.length + 64);
    this.#writeUnchanged(writer);
    for (const slot of this.#slots!.values()) if (isChanged(slot)) writeSlot(slot, writer);
    return writer.finish();
  }

  #field(name: string): Field {
    const field = this.type.byName[name];
    if (field === undefined) throw new RangeError(`${this.type.name} has no field ${name}`);
    return field;
  }

  #put(slot: Slot): void {
    this.#slots ??= new Map();
    this.#slots.set(slot.field.number, slot);
  }

  #dropSiblings({ oneof, number }: Field): void {
    if (oneof === undefined) return;
    for (const sibling of this.type.fields) {
      if (sibling.oneof !== oneof || sibling.number === number) continue;
      if (sibling.message === undefined) this.#put({ is: "scalar", field: sibling, value: undefined });
      else this.#put({ is: "one", field: sibling, view: undefined, state: "put" });
    }
  }

  #indexed(): number[] {
    if (this.#index !== undefined) return this.#index;
    const index: number[] = [];
    const reader = new Reader(this.#bytes);
    while (reader.position < this.#bytes.length) {
      const start = reader.position;
      const tag = reader.tag();
      reader.skip(tag);
      index.push(tag, start, reader.position);
    }
    this.#index = index;
    return index;
  }

  /** Where the last field of that number is indexed, or -1: of several the last one counts. */
  #find(number: number): number {
    const index = this.#indexed();
    for (let i = index.length - STRIDE; i >= 0; i -= STRIDE) if (index[i]! >>> 3 === number) return i;
    return -1;
  }

  #read(field: Field): Scalar | undefined {
    if (field.repeated) return this.#readList(field);
    const at = this.#find(field.number);
    if (at < 0) return missing(field);
    const reader = new Reader(this.#bytes, this.#index![at + 1]);
    reader.tag();
    return readScalar(field, reader) as Scalar;
  }

  #readList(field: Field): Scalar {
    const index = this.#indexed();
    const values: (number | bigint | string)[] = [];
    for (let i = 0; i < index.length; i += STRIDE) {
      if (index[i]! >>> 3 !== field.number) continue;
      const reader = new Reader(this.#bytes, index[i + 1]);
      const isPacked = (reader.tag() & 7) === LENGTH_DELIMITED && isPackable(field.kind);
      const end = isPacked ? reader.lengthEnd() : reader.position + 1;
      while (reader.position < end) values.push(readScalar(field, reader) as number | bigint | string);
    }
    return values;
  }

  #spans(number: number): Uint8Array[] {
    const index = this.#indexed();
    const spans: Uint8Array[] = [];
    for (let i = 0; i < index.length; i += STRIDE) {
      if (index[i]! >>> 3 !== number) continue;
      const reader = new Reader(this.#bytes, index[i + 1]);
      reader.tag();
      spans.push(reader.span());
    }
    return spans;
  }

  /** Runs of fields that stay are copied in one go. */
  #writeUnchanged(writer: Writer): void {
    const index = this.#indexed();
    let runStart = 0;
    for (let i = 0; i < index.length; i += STRIDE) {
      const slot = this.#slots!.get(index[i]! >>> 3);
      if (slot === undefined || !isChanged(slot)) continue;
      writer.raw(this.#bytes.subarray(runStart, index[i + 1]));
      runStart = index[i + 2]!;
    }
    writer.raw(this.#bytes.subarray(runStart));
  }
}

function isChanged(slot: Slot): boolean {
  switch (slot.is) {
    case "scalar":
      return true;
    case "one":
      return slot.state === "put" || slot.view?.isChanged === true;
    case "many":
      return slot.isReplaced || slot.views.some((view) => view.isChanged);
    default:
      return slot.view.isChanged;
  }
}

function writeSlot(slot: Slot, writer: Writer): void {
  const { field } = slot;
  switch (slot.is) {
    case "scalar":
      if (slot.value !== undefined) writeField(field, slot.value, writer);
      return;
    case "one":
      if (slot.view !== undefined) writer.bytes(field.number, slot.view.bytes());
      return;
    case "many":
      for (const view of slot.views) writer.bytes(field.number, view.bytes());
      return;
    default:
      slot.view.writeTo(writer, field.number);
  }
}

function missing(field: Field): Scalar | undefined {
  return field.explicit ? undefined : field.repeated ? [] : (zeroOf(field) as Scalar);
}
