/** Inputs made of others: bits flipped, parts cut, doubled and exchanged, numbers that hurt. */
import { createHash } from "node:crypto";

export const MAX_INPUT_BYTES = 64 * 1024;
/** Mutated inputs that are mutated further. */
const MAX_POOL = 500;
const NASTY_BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x22, 0x24, 0x28, 0x5b, 0x7b];
const NASTY_TEXTS = [
  "\0",
  "\r\n",
  "\ud800",
  "-1",
  "1e999",
  "9223372036854775808",
  "${",
  "}}",
  '"',
  "\\",
  "[[[[",
  "((((",
  "\xff\xff\xff\xff\x0f",
];

export class Mutator {
  #state;
  #pool;

  /** The same seed makes the same inputs. */
  constructor(seed, seeds) {
    this.#state = createHash("sha256").update(seed).digest().readUInt32LE();
    this.#pool = seeds.map((one) => Buffer.from(one));
    if (this.#pool.length === 0) this.#pool.push(Buffer.alloc(0));
  }

  next() {
    let input = Buffer.from(this.#pick(this.#pool));
    for (let times = 1 + this.#below(4); times > 0; times--) input = this.#mutate(input);
    input = input.subarray(0, MAX_INPUT_BYTES);
    if (this.#below(20) === 0) {
      if (this.#pool.length < MAX_POOL) this.#pool.push(input);
      else this.#pool[this.#below(MAX_POOL)] = input;
    }
    return new Uint8Array(input);
  }

  #mutate(input) {
    const at = this.#below(input.length + 1);
    const end = Math.min(input.length, at + 1 + this.#below(16));
    const around = (...middle) => Buffer.concat([input.subarray(0, at), ...middle, input.subarray(end)]);
    switch (this.#below(9)) {
      case 0: {
        if (input.length > 0) input[this.#below(input.length)] ^= 1 << this.#below(8);
        return input;
      }
      case 1: {
        if (input.length > 0) input[this.#below(input.length)] = this.#pick(NASTY_BYTES);
        return input;
      }
      case 2:
        return around();
      case 3:
        return around(input.subarray(at, end), input.subarray(at, end));
      case 4:
        return Buffer.concat([input.subarray(0, at), Buffer.from([this.#below(256)]), input.subarray(at)]);
      case 5:
        return around(Buffer.from(this.#pick(NASTY_TEXTS), this.#below(2) === 0 ? "utf8" : "latin1"));
      case 6: {
        const other = this.#pick(this.#pool);
        const from = this.#below(other.length + 1);
        return around(other.subarray(from, from + this.#below(64)));
      }
      case 7:
        return input.subarray(0, at);
      default: {
        const part = input.subarray(at, end);
        return around(...Array.from({ length: 1 + this.#below(40) }, () => part));
      }
    }
  }

  #pick(list) {
    return list[this.#below(list.length)];
  }

  /** A number from 0 up to `limit`; xorshift. */
  #below(limit) {
    let state = this.#state || 1;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return limit === 0 ? 0 : this.#state % limit;
  }
}
