import type { Clock } from "@clew/base";
import { concatPayloads, splitPayload, type Payload } from "@clew/otlp";
import type { Taken } from "./queue.ts";
import { sizeOf } from "./queue.ts";
import type { QueueBatchConfig, Sizer } from "./sender-config.ts";

interface Gathering {
  readonly taken: Taken[];
  size: number;
  readonly cancelTimer: () => void;
}

/**
 * Joins what comes out of a queue: a batch is emitted once it has `min_size`, or `flush_timeout`
 * after its first request. Requests whose clients differ in the partition's keys stay apart.
 */
export class Batcher {
  readonly #config: QueueBatchConfig;
  readonly #sizer: Sizer;
  readonly #clock: Clock;
  readonly #emit: (batch: Taken) => void;
  // values of the partition's keys --> what gathers for them
  readonly #gathering = new Map<string, Gathering>();

  constructor(config: QueueBatchConfig, sizer: Sizer, clock: Clock, emit: (batch: Taken) => void) {
    this.#config = config;
    this.#sizer = sizer;
    this.#clock = clock;
    this.#emit = emit;
  }

  add(taken: Taken): void {
    const key = this.#partitionOf(taken.payload);
    let gathering = this.#gathering.get(key);
    if (gathering === undefined) {
      const cancelTimer = this.#clock.after(this.#config.flush_timeout, () => this.#flush(key));
      gathering = { taken: [], size: 0, cancelTimer };
      this.#gathering.set(key, gathering);
    }
    gathering.taken.push(taken);
    gathering.size += sizeOf(taken.payload, this.#sizer);
    if (gathering.size >= this.#config.min_size) this.#flush(key);
  }

  /** Emits all that gathers. */
  flush(): void {
    for (const key of Array.from(this.#gathering.keys())) this.#flush(key);
  }

  #flush(key: string): void {
    const gathering = this.#gathering.get(key);
    if (gathering === undefined) return;
    this.#gathering.delete(key);
    gathering.cancelTimer();
    const { taken } = gathering;
    const pieces = this.#parted(concatPayloads(taken.map(({ payload }) => payload)));
    let left = pieces.length;
    let failure: unknown;
    const done = (error: unknown): void => {
      failure ??= error;
      if (--left === 0) for (const one of taken) one.done(failure);
    };
    for (const payload of pieces) this.#emit({ payload, done });
  }

  #parted(batch: Payload): readonly Payload[] {
    const { max_size: max } = this.#config;
    const size = sizeOf(batch, this.#sizer);
    if (max === 0 || size <= max || batch.counts.items <= 1) return [batch];
    if (this.#sizer === "items") return splitPayload(batch, max);
    // Items differ in size: a piece that is still too large is parted again.
    const pieces = splitPayload(batch, Math.max(1, Math.floor((batch.counts.items * max) / size)));
    return pieces.length === 1 ? pieces : pieces.flatMap((piece) => this.#parted(piece));
  }

  /** A header that is empty and one that is missing are told apart. */
  #partitionOf({ client }: Payload): string {
    const { metadata_keys: keys } = this.#config.partition;
    if (keys.length === 0) return "";
    return JSON.stringify(keys.map((key) => client?.metadata.get(key.toLowerCase()) ?? null));
  }
}
