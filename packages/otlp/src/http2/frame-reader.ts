import { ERROR, FLAG, FRAME, FRAME_HEADER_BYTES, MAX_FRAME_BYTES, PREFACE } from "./frame.ts";
import { ConnectionError } from "./connection-error.ts";

export interface FrameHandler {
  /** A whole frame of any type but DATA. `payload` is only lent. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void;
  /** A DATA frame begins; `length` counts against the windows, padding included. */
  dataBegins(streamId: number, length: number): void;
  /** Some of its bytes, as they come: a frame need not be whole. They are only lent. */
  data(streamId: number, bytes: Buffer): void;
  dataEnds(streamId: number, flags: number): void;
}

/** Cuts what a peer sends into frames. Bodies are handed on as they come and never copied here. */
export class FrameReader {
  readonly #handler: FrameHandler;
  // A frame, or the preface, of which more must come.
  #partial: Buffer | undefined;
  #isOpened: boolean;
  #dataStreamId = 0;
  #dataFlags = 0;
  #dataLeft = 0;
  #isInData = false;

  /** Clients begin with a preface; servers do not. */
  constructor(handler: FrameHandler, from: "client" | "server") {
    this.#handler = handler;
    this.#isOpened = from === "server";
  }

  /** Takes what was read, which is only lent. Throws `ConnectionError`, and what its handler throws. */
  read(lent: Buffer): void {
    const bytes = this.#partial === undefined ? lent : Buffer.concat([this.#partial, lent]);
    this.#partial = undefined;
    let position = this.#isOpened ? 0 : this.#preface(bytes);
    while (position < bytes.length || this.#isInData) {
      const next = this.#isInData ? this.#data(bytes, position) : this.#frame(bytes, position);
      if (next < 0) break;
      position = next;
    }
    if (position < bytes.length) this.#partial = Buffer.from(bytes.subarray(position));
  }

  #preface(bytes: Buffer): number {
    const length = Math.min(bytes.length, PREFACE.length);
    if (bytes.compare(PREFACE, 0, length, 0, length) !== 0) {
      throw new ConnectionError(ERROR.PROTOCOL_ERROR, "not HTTP/2");
    }
    this.#isOpened = length === PREFACE.length;
    return this.#isOpened ? length : 0;
  }

  /** Returns where the frame at `start` ends, or -1 where it is not whole yet. */
  #frame(bytes: Buffer, start: number): number {
    if (!this.#isOpened || bytes.length - start < FRAME_HEADER_BYTES) return -1;
    const length = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!;
    if (length > MAX_FRAME_BYTES) throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, `frame of ${length} bytes`);
    const type = bytes[start + 3]!;
    const flags = bytes[start + 4]!;
    const streamId = bytes.readUInt32BE(start + 5) & 0x7fffffff;
    const payload = start + FRAME_HEADER_BYTES;
    if (type === FRAME.DATA && (flags & FLAG.PADDED) === 0) {
      this.#handler.dataBegins(streamId, length);
      this.#dataStreamId = streamId;
      this.#dataFlags = flags;
      this.#dataLeft = length;
      this.#isInData = true;
      return payload;
    }
    const end = payload + length;
    if (end > bytes.length) return -1;
    const content = bytes.subarray(payload, end);
    if (type === FRAME.DATA) this.#paddedData(streamId, flags, content);
    else this.#handler.frame(type, flags, streamId, content);
    return end;
  }

  /** Returns where the DATA frame's bytes end here, or -1 where all that came was taken and more must come. */
  #data(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#dataLeft);
    this.#dataLeft -= end - start;
    if (end > start) this.#handler.data(this.#dataStreamId, bytes.subarray(start, end));
    if (this.#dataLeft > 0) return bytes.length > start ? end : -1;
    this.#isInData = false;
    this.#handler.dataEnds(this.#dataStreamId, this.#dataFlags);
    return end;
  }

  #paddedData(streamId: number, flags: number, content: Buffer): void {
    this.#handler.dataBegins(streamId, content.length);
    const bytes = withoutPadding(flags, content);
    if (bytes.length > 0) this.#handler.data(streamId, bytes);
    this.#handler.dataEnds(streamId, flags);
  }
}

/** The payload without its padding. Throws `ConnectionError` where there is more padding than payload. */
export function withoutPadding(flags: number, payload: Buffer): Buffer {
  if ((flags & FLAG.PADDED) === 0) return payload;
  const padding = payload[0] ?? 0;
  if (padding >= payload.length) throw new ConnectionError(ERROR.PROTOCOL_ERROR, "more padding than payload");
  return payload.subarray(1, payload.length - padding);
}
