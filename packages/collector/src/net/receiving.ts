import { ConsumeError } from "../consumer.ts";

/**
 * How much a receiver holds of requests that were not answered, over all its connections: what comes in, and what
 * waits in batches and queues, which is the same bytes. With it a process stays near 200 MB while nobody takes its data.
 */
const MAX_HELD_BYTES = 24 * 1024 * 1024;
/** From this share on nothing new is begun: the rest is for what has begun. */
const FULL = 3 / 4;
/** What a request costs beside its bytes: its stream, its promises, its place in queues. */
const REQUEST_BYTES = 4 * 1024;
const RETRY_AFTER_MS = 1_000;

/**
 * Counts the bytes of requests from their first to their answer. Each is small, but nothing else
 * keeps a thousand slow senders, or a destination that is down, from filling the memory with them.
 */
export class Receiving {
  readonly #limitBytes: number;
  // One for all: under pressure the making of errors is most of the work.
  readonly #busy: ConsumeError;
  #bytes = 0;
  #refused = 0;

  constructor(limitBytes: number = MAX_HELD_BYTES) {
    this.#limitBytes = limitBytes;
    this.#busy = busy(limitBytes);
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  /** How many requests found no room. */
  get refusedRequests(): number {
    return this.#refused;
  }

  /** Whether no request may begin now. */
  get isFull(): boolean {
    return this.#bytes >= this.#limitBytes * FULL;
  }

  /** Why no request may begin now. */
  refusal(): ConsumeError | undefined {
    return this.isFull ? this.#refuse() : undefined;
  }

  /** Begins a request. */
  begin(): ReceivingRequest {
    let held = REQUEST_BYTES;
    let isOver = false;
    this.#bytes += held;
    return {
      add: (byteCount) => {
        // What is larger than all room comes in alone; how large it may be others say.
        const isTooMuch = this.#bytes + byteCount > this.#limitBytes && this.#bytes > held;
        if (isOver || isTooMuch) return this.#refuse();
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

  #refuse(): ConsumeError {
    this.#refused++;
    return this.#busy;
  }
}

export interface ReceivingRequest {
  /** Counts bytes that came, or returns why there is no room for them; after `end` there is none. */
  add(byteCount: number): ConsumeError | undefined;
  /** The request was answered, and nothing holds its bytes. Safe to call twice. */
  end(): void;
}

function busy(limitBytes: number): ConsumeError {
  return new ConsumeError("RECEIVER_BUSY", `requests of more than ${limitBytes} bytes wait for an answer`, {
    permanent: false,
    retryAfterMs: RETRY_AFTER_MS,
    remedy: "send fewer requests at once; if they wait long, look at where the collector sends to",
  });
}
