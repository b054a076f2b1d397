import { concatPayloads, splitPayload, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import { ConsumeError, type Consumer } from "../../../consumer.ts";
import type { Counter, Histogram } from "../../../telemetry/meter.ts";
import type { BatchConfig } from "./config.ts";

const SIZE_BOUNDS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 20_000,
  30_000, 50_000, 100_000,
];
const BYTE_BOUNDS = [...SIZE_BOUNDS, 200_000, 300_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000];

/** What gathers for one combination of the clients' metadata. */
interface Shard {
  pending: Pending | undefined;
  cancelTimer: (() => void) | undefined;
}

/** Payloads that will go on together, and what to tell those who sent them. */
interface Pending {
  readonly payloads: Payload[];
  items: number;
  /** Settles when the batch was delivered or refused. */
  readonly outcome: Promise<void>;
  readonly settle: (outcome: Promise<void>) => void;
}

/**
 * Hands payloads on in batches, when `send_batch_size` items are pending or `timeout` has
 * passed since the first of them. Whoever sent one waits until its whole batch was taken
 * downstream, and hears it if it was not: nothing is ever dropped here.
 */
export class BatchProcessor implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: BatchConfig;
  readonly #next: Consumer;
  readonly #sizes: Histogram;
  readonly #byteSizes: Histogram;
  readonly #fullSends: Counter;
  readonly #timeoutSends: Counter;
  // values of the metadata keys --> what gathers for them
  readonly #shards = new Map<string, Shard>();
  #endMetrics: () => void = () => {};
  #isStopped = false;

  constructor(settings: Settings, config: BatchConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    const { meter, id } = settings;
    const labels = { processor: id };
    const name = "otelcol_processor_batch";
    this.#sizes = meter.histogram(`${name}_batch_send_size`, "Number of units in the batch.", SIZE_BOUNDS, labels);
    this.#byteSizes = meter.histogram(
      `${name}_batch_send_size_bytes`,
      "Number of bytes in batch that was sent.",
      BYTE_BOUNDS,
      labels,
    );
    this.#fullSends = meter.counter(
      `${name}_batch_size_trigger_send`,
      "Number of times the batch was sent due to a size trigger.",
      labels,
    );
    this.#timeoutSends = meter.counter(
      `${name}_timeout_trigger_send`,
      "Number of times the batch was sent due to a timeout trigger.",
      labels,
    );
  }

  start(): Promise<void> {
    const { meter, id } = this.#settings;
    this.#endMetrics = meter.gauge(
      "otelcol_processor_batch_metadata_cardinality",
      "Number of distinct metadata value combinations being processed",
      { processor: id },
      () => Math.max(this.#shards.size, this.#config.metadata_keys.length === 0 ? 1 : 0),
    );
    return Promise.resolve();
  }

  /** Hands on what is pending. Whether it arrived is told to those who sent it. */
  shutdown(): Promise<void> {
    this.#isStopped = true;
    for (const shard of this.#shards.values()) this.#flush(shard, this.#timeoutSends);
    this.#endMetrics();
    return Promise.resolve();
  }

  consume(payload: Payload): Promise<void> {
    const shard = this.#shardOf(payload);
    if (shard instanceof ConsumeError) return Promise.reject(shard);
    const pending = (shard.pending ??= newPending());
    pending.payloads.push(payload);
    pending.items += payload.counts.items;
    if (this.#isFull(pending)) this.#flush(shard, this.#fullSends);
    else {
      shard.cancelTimer ??= this.#settings.clock.after(this.#config.timeout, () => {
        this.#flush(shard, this.#timeoutSends);
      });
    }
    return pending.outcome;
  }

  refusal(): ConsumeError | undefined {
    return this.#next.refusal?.();
  }

  #shardOf({ client }: Payload): Shard | ConsumeError {
    const { metadata_keys: keys, metadata_cardinality_limit: limit } = this.#config;
    // A header that is empty and one that is missing are told apart.
    const key =
      keys.length === 0 ? "" : JSON.stringify(keys.map((one) => client?.metadata.get(one.toLowerCase()) ?? null));
    const known = this.#shards.get(key);
    if (known !== undefined) return known;
    if (limit > 0 && this.#shards.size >= limit) {
      return new ConsumeError("BATCHERS_FULL", "too many batcher metadata-value combinations", {
        permanent: false,
        path: this.#settings.path,
        remedy: "raise metadata_cardinality_limit, or name fewer metadata_keys",
      });
    }
    const shard: Shard = { pending: undefined, cancelTimer: undefined };
    this.#shards.set(key, shard);
    return shard;
  }

  #isFull({ items }: Pending): boolean {
    const { timeout, send_batch_size: size } = this.#config;
    return this.#isStopped || timeout === 0 || (size > 0 && items >= size);
  }

  #flush(shard: Shard, trigger: Counter): void {
    shard.cancelTimer?.();
    shard.cancelTimer = undefined;
    const { pending } = shard;
    if (pending === undefined) return;
    shard.pending = undefined;
    trigger.add(1);
    pending.settle(this.#send(concatPayloads(pending.payloads)));
  }

  // Not async: what waits for the outcome must not keep bytes that were handed on.
  #send(batch: Payload): Promise<void> {
    const max = this.#config.send_batch_max_size;
    const pieces = max > 0 ? splitPayload(batch, max) : [batch];
    for (const { counts, byteLength } of pieces) {
      this.#sizes.record(counts.items);
      this.#byteSizes.record(byteLength);
    }
    const sent = Promise.all(pieces.map((piece) => this.#next.consume(piece)));
    return sent.then(() => undefined);
  }
}

function newPending(): Pending {
  let settle: (outcome: Promise<void>) => void = () => {};
  const outcome = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { payloads: [], items: 0, outcome, settle };
}
