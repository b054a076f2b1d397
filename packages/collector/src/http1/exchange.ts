import { CollectedBytes } from "@clew/otlp/http2";
import { ClewError } from "@clew/base";

import type { ReceivingRequest } from "../net/receiving.ts";
import type { RequestHead } from "./request-head.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** What an exchange needs of its connection. */
export interface ExchangeOwner {
  /** Somebody wants the body: it may be read now. */
  wanted(): void;
}

/** A request, for whoever answers it. */
export class Exchange {
  readonly head: RequestHead;
  /** `host:port` of the client. */
  readonly address: string;
  readonly #owner: ExchangeOwner;
  readonly #bytes = new CollectedBytes();
  #limitBytes = 0;
  #receiving: ReceivingRequest | undefined;
  #resolve: (body: Buffer | undefined) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  /** Whether the body was asked for, and whether more of it is. */
  isWanted = false;
  isRefused = false;
  isWhole: boolean;
  isToldToContinue = false;
  answer: HttpAnswer | undefined;

  constructor(owner: ExchangeOwner, head: RequestHead, address: string) {
    this.#owner = owner;
    this.head = head;
    this.address = address;
    this.isWhole = head.bodyLength === 0;
  }

  /**
   * The body. Rejects with `BODY_TOO_LARGE`, as soon as that is known, or with what `receiving` says.
   * Undefined where the client broke off: a truncated body is nobody's. Called once at most.
   */
  body(limitBytes: number, receiving: ReceivingRequest): Promise<Buffer | undefined> {
    const { bodyLength } = this.head;
    if (bodyLength === 0) return Promise.resolve(Buffer.alloc(0));
    if (bodyLength !== "chunked" && bodyLength > limitBytes) {
      this.isRefused = true;
      return Promise.reject(tooLarge(limitBytes));
    }
    this.#limitBytes = limitBytes;
    this.#receiving = receiving;
    if (bodyLength !== "chunked") this.#bytes.expect(bodyLength);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.isWanted = true;
      this.#owner.wanted();
    });
  }

  /** Some of the body has come. Its memory is not used again. */
  take(piece: Buffer): void {
    if (this.isRefused || !this.isWanted) return;
    if (this.#bytes.length + piece.length > this.#limitBytes) return this.#refuse(tooLarge(this.#limitBytes));
    const noRoom = this.#receiving?.add(piece.length);
    if (noRoom !== undefined) return this.#refuse(noRoom);
    this.#bytes.add(piece, true);
  }

  /** All of it has come. */
  end(): void {
    this.isWhole = true;
    this.#resolve(this.#bytes.take());
    this.#bytes.clear();
    this.#resolve = () => {};
  }

  /** The client is gone. */
  breakOff(): void {
    this.#bytes.clear();
    this.#resolve(undefined);
  }

  #refuse(error: unknown): void {
    this.isRefused = true;
    this.#bytes.clear();
    this.#reject(error);
  }
}

function tooLarge(limitBytes: number): ClewError {
  return new ClewError("BODY_TOO_LARGE", `http: request body too large, more than ${limitBytes} bytes`, {
    remedy: "send smaller batches, or raise max_request_body_size",
  });
}
