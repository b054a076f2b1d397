import type { Answer } from "./answer.ts";

/** Takes the body of one request. */
export interface RequestHandler {
  /** Bytes of the body, sharing memory with what was read. */
  data(bytes: Buffer): void;
  /** The request is whole. */
  end(): void;
  /** The client gave up, or its connection ended. The stream must still be answered, though nobody hears it. */
  reset(): void;
}

/** A request of which nobody wants to hear more. */
export const DEAF: RequestHandler = { data() {}, end() {}, reset() {} };

/** What a stream needs of its connection. */
export interface StreamOwner {
  answer(stream: Http2Stream, answer: Answer): void;
}

/** One request and its answer. */
export class Http2Stream {
  readonly id: number;
  readonly #owner: StreamOwner;
  handler: RequestHandler = DEAF;
  /** How much we may send, and may be sent. Settings can make the first negative. */
  sendWindow: number;
  receiveWindow: number;
  /** No more of the request will come: it is whole, or was reset. */
  isRemoteClosed = false;
  isReset = false;
  #isAnswered = false;

  constructor(owner: StreamOwner, id: number, sendWindow: number, receiveWindow: number) {
    this.#owner = owner;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** Answers, once, and ends the stream: what the client still sends is not read. Harmless on a stream that was reset. */
  answer(answer: Answer): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#owner.answer(this, answer);
  }
}
