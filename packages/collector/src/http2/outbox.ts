import type { Socket } from "node:net";

/** What a client may leave unread of what we answer. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/** Frames on their way out: those of one turn go in one write. */
export class Outbox {
  readonly #socket: Socket;
  readonly #isOpen: () => boolean;
  readonly #failed: (what: string) => void;
  #frames: Buffer[] = [];

  /** `isOpen`: whether anything may still be sent. `failed` is told why the connection was ended. */
  constructor(socket: Socket, isOpen: () => boolean, failed: (what: string) => void) {
    this.#socket = socket;
    this.#isOpen = isOpen;
    this.#failed = failed;
  }

  send(bytes: Buffer): void {
    if (!this.#isOpen()) return;
    if (this.#frames.length === 0) process.nextTick(() => this.flush());
    this.#frames.push(bytes);
  }

  /** Writes what was sent so far, at once. Ends the connection of a client that does not read. */
  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0 || !this.#isOpen()) return;
    this.#frames = [];
    this.#socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
    if (this.#socket.writableLength <= MAX_UNSENT_BYTES) return;
    this.#failed("the client does not read its answers");
    this.#socket.destroy();
  }
}
