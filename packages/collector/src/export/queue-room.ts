import { queueFull, shuttingDown } from "./queue.ts";
import type { ConsumeError } from "../consumer.ts";

export interface QueueRoomSettings {
  readonly path: string;
  /** In units of the queue's sizer. */
  readonly capacity: number;
  /** How many bytes may be held, whatever the sizer counts. */
  readonly maxBytes: number;
  /** Whether to wait for room instead of refusing. */
  readonly blocks: boolean;
}

interface Entering {
  readonly size: number;
  readonly byteLength: number;
  readonly enter: (refusal?: ConsumeError) => void;
}

/** How much a queue holds, and who waits to get in. What is larger than all room goes in alone. */
export class QueueRoom {
  readonly #settings: QueueRoomSettings;
  readonly #entering: Entering[] = [];
  #size = 0;
  #bytes = 0;
  #isClosed = false;

  constructor(settings: QueueRoomSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves once there is room, which is occupied then. Rejects with `QUEUE_FULL` or `SHUTTING_DOWN`. */
  async enter(size: number, byteLength: number): Promise<void> {
    const refusal = this.refusal(size, byteLength);
    if (refusal !== undefined) throw refusal;
    if (this.#hasRoom(size, byteLength) && this.#entering.length === 0) return this.occupy(size, byteLength);
    await new Promise<void>((resolve, reject) => {
      this.#entering.push({ size, byteLength, enter: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }

  /** Occupies room whether there is any or not: for what was there before. */
  occupy(size: number, byteLength: number): void {
    this.#size += size;
    this.#bytes += byteLength;
  }

  leave(size: number, byteLength: number): void {
    this.#size -= size;
    this.#bytes -= byteLength;
    for (let next = this.#entering[0]; next !== undefined; next = this.#entering[0]) {
      if (!this.#hasRoom(next.size, next.byteLength)) return;
      this.#entering.shift();
      this.occupy(next.size, next.byteLength);
      next.enter();
    }
  }

  refusal(size = 1, byteLength = 1): ConsumeError | undefined {
    if (this.#isClosed) return shuttingDown(this.#settings.path);
    if (this.#settings.blocks || this.#hasRoom(size, byteLength)) return undefined;
    return queueFull(this.#settings.path);
  }

  close(): void {
    this.#isClosed = true;
    for (const { enter } of this.#entering.splice(0)) enter(shuttingDown(this.#settings.path));
  }

  #hasRoom(size: number, byteLength: number): boolean {
    if (this.#size === 0) return true;
    const { capacity, maxBytes } = this.#settings;
    return this.#size + size <= capacity && this.#bytes + byteLength <= maxBytes;
  }
}
