/** A socket with nobody at the other end: bytes are pushed in, and what is written is counted and forgotten. */
import { Duplex } from "node:stream";

export class FakeSocket extends Duplex {
  remoteAddress = "127.0.0.1";
  remotePort = 1;

  constructor() {
    super({ allowHalfOpen: true, autoDestroy: false });
  }

  _read() {}

  _write(_chunk, _encoding, done) {
    done();
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  destroySoon() {
    this.destroy();
  }

  /** Takes bytes as from the network, in two pieces. */
  async receive(bytes, cut) {
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      if (piece.length > 0 && !this.destroyed) this.push(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async hangUp() {
    this.destroy();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
