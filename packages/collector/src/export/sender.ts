import { ClewError } from "@clew/base";
import type { Payload, Signal } from "@clew/otlp";
import type { Exporter, Settings } from "../component.ts";
import type { ConsumeError } from "../consumer.ts";
import { storageOf } from "../extension.ts";
import { ExporterCounters } from "../pipeline/exporter-counters.ts";
import { tracedDelivery } from "../pipeline/traced.ts";
import { Batcher } from "./batcher.ts";
import { deliver, type Destination } from "./delivery.ts";
import { MemoryQueue } from "./memory-queue.ts";
import { PersistentQueue } from "./persistent-queue.ts";
import { shuttingDown, type Queue, type Taken } from "./queue.ts";
import { batchSizer, type SenderConfig } from "./sender-config.ts";

/** What never got into a queue: whatever failed later was counted and told when it did. */
const REFUSALS: ReadonlySet<string> = new Set(["QUEUE_FULL", "SHUTTING_DOWN", "STORAGE_FAILED"]);

/**
 * Stands before every exporter to a distant place, with one queue for each signal. A payload
 * is taken once it was delivered, or once it is durable where the queue has a storage; whoever
 * sent it hears it if it was not, so nothing is lost unseen.
 */
export class Sender implements Exporter {
  readonly countsDeliveries = true;
  readonly #settings: Settings;
  readonly #config: SenderConfig;
  readonly #destination: Destination;
  readonly #signals: readonly Signal[];
  readonly #queues = new Map<Signal, SignalQueue>();

  constructor(settings: Settings, config: SenderConfig, signals: readonly Signal[], destination: Destination) {
    this.#settings = settings;
    this.#config = config;
    this.#signals = signals;
    this.#destination = destination;
  }

  /** Rejects with `EXTENSION_MISSING` or `STORAGE_FAILED`. */
  async start(): Promise<void> {
    await this.#destination.open?.();
    for (const signal of this.#signals) {
      const queue = new SignalQueue(this.#settings, this.#config, signal, this.#destination);
      await queue.start();
      this.#queues.set(signal, queue);
    }
  }

  /** Each payload in memory gets one more attempt; what is in a storage stays there. */
  async shutdown(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.shutdown()));
    await this.#destination.close?.();
  }

  consume(payload: Payload): Promise<void> {
    const queue = this.#queues.get(payload.signal);
    return queue === undefined ? Promise.reject(shuttingDown(this.#settings.path)) : queue.offer(payload);
  }

  refusal(): ConsumeError | undefined {
    for (const queue of this.#queues.values()) {
      const refusal = queue.refusal();
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }
}

class SignalQueue {
  readonly #settings: Settings;
  readonly #config: SenderConfig;
  readonly #signal: Signal;
  readonly #destination: Destination;
  readonly #counters: ExporterCounters;
  readonly #batcher: Batcher | undefined;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #endMetrics: (() => void)[] = [];
  #queue: Queue | undefined;
  #pulling: Promise<void> | undefined;

  constructor(settings: Settings, config: SenderConfig, signal: Signal, destination: Destination) {
    this.#settings = { ...settings, logger: settings.logger.with({ "otelcol.signal": signal }) };
    this.#config = config;
    this.#signal = signal;
    this.#destination = destination;
    this.#counters = new ExporterCounters(settings.meter, settings.id);
    const { batch } = config.sending_queue;
    if (batch !== undefined)
      this.#batcher = new Batcher(batch, batchSizer(config.sending_queue), settings.clock, (one) => this.#send(one));
  }

  async start(): Promise<void> {
    this.#queue = await this.#openQueue();
    const queue = this.#queue;
    const { meter, id } = this.#settings;
    const labels = { data_type: this.#signal, exporter: id };
    const { queue_size: capacity } = this.#config.sending_queue;
    const gauge = (name: string, help: string, read: () => number): void =>
      void this.#endMetrics.push(meter.gauge(`otelcol_exporter_${name}`, help, labels, read));
    gauge("queue_size", "Current size of the retry queue (in batches).", () => queue.size);
    gauge("queue_capacity", "Fixed capacity of the retry queue (in batches).", () => capacity);
    gauge("in_flight_requests", "Number of export requests currently in-flight.", () => this.#underWay.size);
    this.#wake();
  }

  offer(payload: Payload): Promise<void> {
    this.#settings.tracer?.carry(payload);
    return this.#queue!.offer(payload).catch((error: unknown) => {
      if (error instanceof ClewError && REFUSALS.has(error.code)) this.#refuse(payload, error);
      throw error;
    });
  }

  refusal(): ConsumeError | undefined {
    return this.#queue?.refusal();
  }

  async shutdown(): Promise<void> {
    this.#stopping.abort();
    const isPersistent = this.#config.sending_queue.storage !== undefined;
    const closed = isPersistent ? undefined : this.#queue?.close();
    const hasMore = () =>
      this.#underWay.size > 0 || this.#pulling !== undefined || (!isPersistent && this.#queue?.hasWaiting === true);
    this.#wake();
    while (hasMore()) {
      this.#batcher?.flush();
      await Promise.all([...this.#underWay, this.#pulling]);
    }
    await (closed ?? this.#queue?.close());
    for (const end of this.#endMetrics.splice(0)) end();
  }

  #refuse(payload: Payload, { what }: ClewError): void {
    this.#counters.refused(payload);
    const fields = { error: what, rejected_items: payload.counts.items };
    this.#settings.logger.error("Exporting failed. Rejecting data.", fields);
  }

  async #openQueue(): Promise<Queue> {
    const { path, id, logger, report } = this.#settings;
    const { sending_queue: config } = this.#config;
    const wake = (): void => this.#wake();
    if (config.storage === undefined) return new MemoryQueue(config, path, wake);
    const storage = await storageOf(this.#settings, config.storage).open("exporter", id, this.#signal);
    return new PersistentQueue({ config, path, signal: this.#signal, storage, logger, report, wake });
  }

  #wake(): void {
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = undefined;
      if (this.#mayPull()) this.#wake();
    });
  }

  async #pull(): Promise<void> {
    while (this.#mayPull()) {
      const taken = await this.#queue!.take();
      if (taken === undefined) continue;
      if (this.#batcher === undefined) this.#send(taken);
      else this.#batcher.add(taken);
    }
  }

  #mayPull(): boolean {
    const { enabled, num_consumers: consumers, storage } = this.#config.sending_queue;
    if (this.#queue?.hasWaiting !== true) return false;
    if (this.#stopping.signal.aborted) return storage === undefined;
    return !enabled || this.#underWay.size < consumers;
  }

  #send(taken: Taken): void {
    const ended = this.#deliver(taken).finally(() => {
      this.#underWay.delete(ended);
      this.#wake();
    });
    this.#underWay.add(ended);
  }

  async #deliver({ payload, done }: Taken): Promise<void> {
    const { sending_queue: queue } = this.#config;
    try {
      const delivery = {
        settings: this.#settings,
        config: this.#config,
        destination: this.#destination,
        stopping: this.#stopping.signal,
        neverGivesUp: queue.storage !== undefined,
      };
      await tracedDelivery(this.#settings.tracer, this.#settings.id, payload, () => deliver(payload, delivery));
    } catch (error) {
      this.#counters.failed(payload);
      done(error);
      return;
    }
    this.#counters.sent(payload);
    done();
  }
}
