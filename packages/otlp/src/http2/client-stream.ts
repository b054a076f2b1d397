import type { HeaderField } from "./header-field.ts";
import { CollectedBytes } from "./collected-bytes.ts";

/** Of what was received so much is credited at once. */
const CREDIT_BYTES = 32 * 1024;

export interface ClientRequest {
  /** A header block. */
  readonly headers: Buffer;
  /** The body; there must be one byte at least. */
  readonly body: readonly Uint8Array[];
}

export interface ClientAnswer {
  /** Headers and trailers; where a name stands twice, the last counts. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** The answer is larger than it may be. */
export class AnswerTooLarge extends Error {}

/** One request under way. */
export class ClientStream {
  readonly request: ClientRequest;
  readonly answer: Promise<ClientAnswer>;
  /** 0 until it begins. */
  id = 0;
  sendWindow = 0;
  readonly #maxBytes: number;
  readonly #fields = new Map<string, string>();
  readonly #received = new CollectedBytes();
  #uncredited = 0;
  // Where the body goes on.
  #piece = 0;
  #offset = 0;
  #resolve: (answer: ClientAnswer) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(request: ClientRequest, maxBytes: number) {
    this.request = request;
    this.#maxBytes = maxBytes;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** What of the body goes next, `most` bytes of it. */
  nextPieces(most: number): { pieces: Uint8Array[]; length: number; isEnd: boolean } {
    const { body } = this.request;
    const pieces: Uint8Array[] = [];
    let length = 0;
    while (length < most && this.#piece < body.length) {
      const piece = body[this.#piece]!;
      const end = Math.min(piece.length, this.#offset + most - length);
      pieces.push(piece.subarray(this.#offset, end));
      length += end - this.#offset;
      this.#offset = end;
      if (end < piece.length) break;
      this.#piece++;
      this.#offset = 0;
    }
    return { pieces, length, isEnd: this.#piece === body.length };
  }

  fields(fields: readonly HeaderField[]): void {
    for (const { name, value } of fields) this.#fields.set(name, value);
  }

  /** False where that was too much: the stream has failed. */
  take(bytes: Buffer): boolean {
    if (this.#received.length + bytes.length > this.#maxBytes) {
      this.fail(new AnswerTooLarge());
      return false;
    }
    this.#received.add(bytes);
    this.#uncredited += bytes.length;
    return true;
  }

  /** How much more the server may send, once that is worth a frame. */
  credit(): number {
    if (this.#uncredited < CREDIT_BYTES) return 0;
    const credit = this.#uncredited;
    this.#uncredited = 0;
    return credit;
  }

  end(): void {
    this.#resolve({ fields: this.#fields, body: this.#received.take() });
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}
