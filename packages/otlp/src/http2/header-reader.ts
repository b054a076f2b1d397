import { ConnectionError } from "./connection-error.ts";
import { ERROR, FLAG, FRAME } from "./frame.ts";
import { withoutPadding } from "./frame-reader.ts";
import type { HeaderField } from "./header-field.ts";
import { HpackDecoder, HpackError } from "./hpack-decoder.ts";

/** Header blocks may be cut into so many frames; nobody needs more for what is allowed. */
const MAX_CONTINUATIONS = 8;
const PRIORITY_BYTES = 5;

export interface Headers {
  readonly streamId: number;
  readonly fields: readonly HeaderField[];
  /** The stream ends with them. */
  readonly isEnd: boolean;
}

/** Puts header blocks together and reads them. Throws `ConnectionError`, since a block that was not read makes all later ones unreadable. */
export class HeaderReader {
  readonly #maxBytes: number;
  readonly #hpack: HpackDecoder;
  #open: { readonly streamId: number; readonly flags: number; readonly blocks: Buffer[]; bytes: number } | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#hpack = new HpackDecoder(maxBytes);
  }

  /** A block has begun and not ended. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Between the frames of a block there may be no others. */
  mayFollow(type: number, streamId: number): boolean {
    return this.#open === undefined || (type === FRAME.CONTINUATION && streamId === this.#open.streamId);
  }

  /** A HEADERS frame. Undefined where more must come. `payload` is only lent. */
  begin(flags: number, streamId: number, payload: Buffer): Headers | undefined {
    const content = withoutPadding(flags, payload);
    const skipped = (flags & FLAG.PRIORITY) === 0 ? 0 : PRIORITY_BYTES;
    if (content.length < skipped) throw new ConnectionError(ERROR.FRAME_SIZE_ERROR, "HEADERS is cut short");
    const block = skipped === 0 ? content : content.subarray(skipped);
    if ((flags & FLAG.END_HEADERS) !== 0) return this.#read(flags, streamId, block);
    this.#open = { streamId, flags, blocks: [Buffer.from(block)], bytes: block.length };
    return undefined;
  }

  /** A CONTINUATION frame. */
  goOn(flags: number, payload: Buffer): Headers | undefined {
    const open = this.#open;
    if (open === undefined) throw new ConnectionError(ERROR.PROTOCOL_ERROR, "CONTINUATION of nothing");
    open.blocks.push(Buffer.from(payload));
    open.bytes += payload.length;
    if (open.bytes > this.#maxBytes || open.blocks.length > MAX_CONTINUATIONS) {
      throw new ConnectionError(ERROR.ENHANCE_YOUR_CALM, "too many headers");
    }
    if ((flags & FLAG.END_HEADERS) === 0) return undefined;
    this.#open = undefined;
    return this.#read(open.flags, open.streamId, Buffer.concat(open.blocks));
  }

  #read(flags: number, streamId: number, block: Buffer): Headers {
    try {
      return { streamId, fields: this.#hpack.decode(block), isEnd: (flags & FLAG.END_STREAM) !== 0 };
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionError(ERROR.COMPRESSION_ERROR, error.message);
      throw error;
    }
  }
}
