import { ConsumeError } from "../consumer.ts";

/** How much of unfinished requests may be held at once, over all connections of a receiver. */
const MAX_RECEIVING_BYTES = 256 * 1024 * 1024;
const RETRY_AFTER_MS = 1_000;

/**
 * Counts the bytes of requests that have not arrived whole. Each is small, but nothing else
 * keeps a thousand slow senders from filling the memory with them.
 */
export class Receiving {
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number = MAX_RECEIVING_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** Begins a request. */
  begin(): ReceivingRequest {
    let held = 0;
    let isOver = false;
    return {
      add: (byteCount) => {
        if (isOver || this.#bytes + byteCount > this.#limitBytes) return busy(this.#limitBytes);
        held += byteCount;
        this.#bytes += byteCount;
        return undefined;
      },
      end: () => {
        this.#bytes -= held;
        held = 0;
        isOver = true;
      },
    };
  }
}

export interface ReceivingRequest {
  /** Counts bytes that came, or returns why there is no room for them; after `end` there is none. */
  add(byteCount: number): ConsumeError | undefined;
  /** The request is whole, or will never be. Safe to call twice. */
  end(): void;
}

function busy(limitBytes: number): ConsumeError {
  return new ConsumeError("RECEIVER_BUSY", `requests of more than ${limitBytes} bytes are being received`, {
    permanent: false,
    retryAfterMs: RETRY_AFTER_MS,
    remedy: "send fewer requests at once",
  });
}
