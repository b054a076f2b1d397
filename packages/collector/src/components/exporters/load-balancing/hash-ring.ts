/** Which endpoint has which key, so that few keys move when endpoints come and go (Karger et al., "Consistent hashing"). */
import { crc32 } from "node:zlib";

/** 360 degrees with two decimal places. */
const POSITIONS = 36_000;
const POINTS_PER_ENDPOINT = 100;

/** The same positions as the original has, so that both may stand beside each other. */
export class HashRing {
  /** Ascending; `#endpoints` has whose each is. */
  readonly #positions: readonly number[];
  readonly #endpoints: readonly string[];

  constructor(endpoints: readonly string[]) {
    const taken = new Map<number, string>();
    for (const endpoint of endpoints) {
      const hash = crc32(endpoint);
      for (let point = 0; point < POINTS_PER_ENDPOINT; point++) {
        const position = crc32(Uint8Array.of(point), hash) % POSITIONS;
        if (!taken.has(position)) taken.set(position, endpoint);
      }
    }
    const sorted = [...taken].sort(([a], [b]) => a - b);
    this.#positions = sorted.map(([position]) => position);
    this.#endpoints = sorted.map(([, endpoint]) => endpoint);
  }

  /** Undefined where there is no endpoint. */
  endpointFor(key: Uint8Array | string): string | undefined {
    const position = crc32(key) % POSITIONS;
    let [low, high] = [0, this.#positions.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#positions[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return this.#endpoints[low] ?? this.#endpoints[0];
  }
}
