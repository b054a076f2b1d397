import { payloadBytes, payloadOf, type Payload } from "./payload.ts";
import type { Message } from "./schema/message.ts";
import { PROTOCOLS } from "./signal.ts";
import { Reader } from "./wire/reader.ts";
import { LENGTH_DELIMITED } from "./wire/wire-type.ts";
import { Writer } from "./wire/writer.ts";

/**
 * Parts a payload into several of at most `maxItems` spans, data points or log records, in
 * order. What stands around the items (resource, scope, a metric's name) is repeated in each
 * part that needs it. A payload that is small enough comes back as it is.
 */
export function splitPayload(payload: Payload, maxItems: number): readonly Payload[] {
  if (payload.counts.items <= maxItems) return [payload];
  const { request } = PROTOCOLS[payload.signal];
  const splitter = new Splitter(maxItems);
  const parts = splitter.split(request, payloadBytes(payload));
  const { client } = payload;
  return parts.flatMap((part) =>
    part === undefined ? [] : [{ ...payloadOf(payload.signal, part), ...(client === undefined ? {} : { client }) }],
  );
}

class Splitter {
  readonly #maxItems: number;
  /** How many items the part that is being filled still takes. */
  #room: number;
  // message type --> whether items are somewhere below it
  readonly #bears = new Map<Message, boolean>();

  constructor(maxItems: number) {
    this.#maxItems = maxItems;
    this.#room = maxItems;
  }

  /**
   * The message's body, parted: the first belongs to the part being filled (undefined where
   * nothing of it fits any more), each later one begins a new part.
   */
  split(message: Message, bytes: Uint8Array): (Uint8Array | undefined)[] {
    if (message.counted === "items") return this.#item(bytes);
    const common = new Writer(256);
    const bodies: Writer[] = [new Writer(256)];
    let isEmpty = true;
    for (const { field, raw, value } of fieldsOf(bytes)) {
      const type = message.byNumber[field]?.message?.();
      if (value === undefined || type === undefined || !this.#bearsItems(type)) {
        common.raw(raw);
        continue;
      }
      for (const [i, part] of this.split(type, value).entries()) {
        if (i > 0) bodies.push(new Writer(256));
        else if (part !== undefined) isEmpty = false;
        if (part !== undefined) bodies.at(-1)!.bytes(field, part);
      }
    }
    const around = common.view();
    const parts: (Uint8Array | undefined)[] = bodies.map((body) => Buffer.concat([around, body.view()]));
    if (isEmpty && parts.length > 1) parts[0] = undefined;
    return parts;
  }

  #item(bytes: Uint8Array): (Uint8Array | undefined)[] {
    if (this.#room > 0) {
      this.#room--;
      return [bytes];
    }
    this.#room = this.#maxItems - 1;
    return [undefined, bytes];
  }

  #bearsItems(message: Message): boolean {
    const known = this.#bears.get(message);
    if (known !== undefined) return known;
    this.#bears.set(message, false); // AnyValue contains itself, and bears none.
    const bears =
      message.counted === "items" ||
      message.fields.some((field) => field.message !== undefined && this.#bearsItems(field.message()));
    this.#bears.set(message, bears);
    return bears;
  }
}

interface RawField {
  readonly field: number;
  /** The whole field, tag included. */
  readonly raw: Uint8Array;
  /** What a length-delimited field holds. */
  readonly value: Uint8Array | undefined;
}

function* fieldsOf(bytes: Uint8Array): Iterable<RawField> {
  const reader = new Reader(bytes);
  while (reader.position < bytes.length) {
    const start = reader.position;
    const tag = reader.tag();
    let value: Uint8Array | undefined;
    if ((tag & 7) === LENGTH_DELIMITED) value = reader.span();
    else reader.skip(tag);
    yield { field: tag >>> 3, raw: bytes.subarray(start, reader.position), value };
  }
}
