import { ClewError, messageOf } from "@clew/base";
import type { Payload, Signal } from "@clew/otlp";
import { nativeBlock } from "./block/native-block.ts";
import type { Spool, SpoolBlock } from "./spool/spool.ts";
import type { BlockBuilder, SignalTranscoder } from "./transcode/block-builder.ts";

/** What one group takes of payloads, the last of which may pass it: the rest waits for the next group. */
const MAX_GROUP_BYTES = 8 * 1_048_576;

interface Waiting {
  readonly payload: Payload;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export type Transcoders = Readonly<Record<Signal, SignalTranscoder>>;

/**
 * Makes payloads durable in groups: everything that arrived while the last group was being
 * synced becomes one block a table, one write and one sync. Alone, a payload waits for
 * nobody; under load, the cost of a sync is shared.
 */
export class GroupCommit {
  readonly #spool: Spool;
  readonly #createTranscoders: () => Transcoders;
  #transcoders: Transcoders;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #between: (() => Promise<void>)[] = [];

  constructor(spool: Spool, createTranscoders: () => Transcoders) {
    this.#spool = spool;
    this.#createTranscoders = createTranscoders;
    this.#transcoders = createTranscoders();
  }

  /** Transcoders remember which series they wrote; where blocks were lost, that is void. */
  forget(): void {
    this.#transcoders = this.#createTranscoders();
  }

  /** Resolves once the payload is on disk. */
  add(payload: Payload): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Runs `task` while no group is being written. Resolves or rejects as it does. */
  betweenGroups(task: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#between.push(() => task().then(resolve, reject));
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits and nothing is being written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // Requests that are read in the same turn of the event loop join the first group.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0 || this.#between.length > 0) {
      for (const task of this.#between.splice(0)) await task();
      if (this.#waiting.length > 0) await this.#commit(this.#takeGroup());
    }
    this.#running = undefined;
  }

  #takeGroup(): Waiting[] {
    let byteLength = 0;
    let count = 0;
    while (count < this.#waiting.length && byteLength < MAX_GROUP_BYTES)
      byteLength += this.#waiting[count++]!.payload.byteLength;
    return this.#waiting.splice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const transcoders = this.#transcoders;
    const used = [...new Set(group.map(({ payload }) => transcoders[payload.signal]))];
    let blocks: readonly SpoolBlock[];
    try {
      for (const { payload } of group) transcoders[payload.signal].add(payload);
      blocks = blocksOf(used);
    } catch (error) {
      this.forget();
      return this.#commitAlone(group, error);
    }
    try {
      await this.#spool.append(blocks);
    } catch (error) {
      this.forget();
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
    for (const transcoder of used) for (const block of transcoder.blocks) block.reset();
  }

  /** A payload that can't be transcoded must not take its neighbours with it, so each is tried by itself. */
  async #commitAlone(group: readonly Waiting[], error: unknown): Promise<void> {
    if (group.length === 1) group[0]?.reject(transcodeFailure(error));
    else for (const waiting of group) await this.#commit([waiting]);
  }
}

function blocksOf(transcoders: Iterable<SignalTranscoder>): SpoolBlock[] {
  const blocks: SpoolBlock[] = [];
  for (const transcoder of transcoders) {
    for (const block of transcoder.blocks) {
      if (block.rows > 0) blocks.push({ target: targetOf(block), parts: nativeBlock(block.columns) });
    }
  }
  return blocks;
}

/** Names with a dot are parts of nested columns and need quotes. */
function targetOf({ table, columns }: BlockBuilder): string {
  return `${table} (${Object.keys(columns)
    .map((name) => (name.includes(".") ? `\`${name}\`` : name))
    .join(", ")})`;
}

/** Payloads were validated, so this is a fault of ours. */
function transcodeFailure(error: unknown): ClewError {
  return new ClewError("STORE_TRANSCODE_FAILED", messageOf(error), {
    remedy: "report this with the request that caused it",
    cause: error,
  });
}
