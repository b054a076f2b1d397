import type { Payload } from "@clew/otlp";
import type { ConsumeError } from "../consumer.ts";
import type { QueueConfig } from "./sender-config.ts";
import { sizeOf, type Queue, type Taken } from "./queue.ts";
import { QueueRoom } from "./queue-room.ts";

/** How much a queue in memory holds at most where its size is not given in bytes. */
const MAX_MEMORY_QUEUE_BYTES = 64 * 1024 * 1024;

/** Payloads in memory. Whoever offered one hears how its delivery ended, so nothing is lost unseen. */
export class MemoryQueue implements Queue {
  readonly #config: QueueConfig;
  readonly #room: QueueRoom;
  readonly #wake: () => void;
  readonly #waiting: Taken[] = [];

  /** `wake` is called when there is something to take. */
  constructor(config: QueueConfig, path: string, wake: () => void) {
    this.#config = config;
    this.#wake = wake;
    this.#room = new QueueRoom({
      path,
      capacity: config.enabled ? config.queue_size : Infinity,
      maxBytes: config.enabled && config.sizer !== "bytes" ? MAX_MEMORY_QUEUE_BYTES : Infinity,
      blocks: config.block_on_overflow,
    });
  }

  get size(): number {
    return this.#room.size;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  async offer(payload: Payload): Promise<void> {
    const size = sizeOf(payload, this.#config.sizer);
    await this.#room.enter(size, payload.byteLength);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push({ payload, done: (error) => (error === undefined ? resolve() : reject(error)) });
        this.#wake();
      });
    } finally {
      this.#room.leave(size, payload.byteLength);
    }
  }

  take(): Promise<Taken | undefined> {
    return Promise.resolve(this.#waiting.shift());
  }

  refusal(): ConsumeError | undefined {
    return this.#room.refusal();
  }

  close(): Promise<void> {
    this.#room.close();
    return Promise.resolve();
  }
}
