import { concatPayloads, partitionPayload, traceIdOf, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { ConsumeError, Consumer } from "../../../consumer.ts";
import type { Counter } from "../../../telemetry/meter.ts";
import type { GroupByTraceConfig } from "./config.ts";

/** What is held of all traces at most; then the oldest are handed on early. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;

interface Trace {
  readonly parts: Payload[];
  byteLength: number;
  /** Settles when the trace was delivered or refused. */
  readonly outcome: Promise<void>;
  readonly settle: (outcome: Promise<void>) => void;
  readonly cancelTimer: () => void;
}

/**
 * Gathers the spans of each trace for `wait_duration` and hands them on together. Whoever sent
 * some of them waits until all their traces were taken downstream, and hears it if one was not.
 */
export class GroupByTrace implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: GroupByTraceConfig;
  readonly #next: Consumer;
  // trace id --> what was gathered, the oldest first
  readonly #traces = new Map<string, Trace>();
  readonly #released: Counter;
  readonly #spansReleased: Counter;
  readonly #evicted: Counter;
  #heldBytes = 0;
  #isStopped = false;
  #endMetrics: () => void = () => {};

  constructor(settings: Settings, config: GroupByTraceConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    const count = (name: string, help: string): Counter =>
      settings.meter.counter(`otelcol_processor_groupbytrace_${name}`, help, { processor: settings.id });
    this.#released = count("traces_released", "Traces released to the next consumer");
    this.#spansReleased = count("spans_released", "Spans released to the next consumer");
    this.#evicted = count("traces_evicted", "Traces evicted from the internal buffer");
  }

  start(): Promise<void> {
    const { meter, id } = this.#settings;
    const gauge = (name: string, help: string, read: () => number): (() => void) =>
      meter.gauge(`otelcol_processor_groupbytrace_${name}`, help, { processor: id }, read);
    const ends = [
      gauge(
        "conf_num_traces",
        "Maximum number of traces to hold in the internal storage",
        () => this.#config.num_traces,
      ),
      gauge("num_traces_in_memory", "Number of traces currently in the in-memory storage", () => this.#traces.size),
    ];
    this.#endMetrics = () => ends.forEach((end) => end());
    return Promise.resolve();
  }

  /** Hands on what was gathered. */
  shutdown(): Promise<void> {
    this.#isStopped = true;
    for (const id of Array.from(this.#traces.keys())) this.#release(id);
    this.#endMetrics();
    return Promise.resolve();
  }

  refusal(): ConsumeError | undefined {
    return this.#next.refusal?.();
  }

  async consume(payload: Payload): Promise<void> {
    if (payload.counts.items === 0) return;
    const parts = partitionPayload(payload, ({ record }) => traceIdOf("traces", record));
    const outcomes = await Promise.allSettled([...parts].map(([id, part]) => this.#add(id, part)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  #add(id: string, part: Payload): Promise<void> {
    const trace = this.#traces.get(id) ?? this.#begin(id);
    trace.parts.push(part);
    trace.byteLength += part.byteLength;
    this.#heldBytes += part.byteLength;
    if (this.#isStopped) this.#release(id);
    else this.#makeRoom();
    return trace.outcome;
  }

  #begin(id: string): Trace {
    let settle: (outcome: Promise<void>) => void = () => {};
    const outcome = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const cancelTimer = this.#settings.clock.after(this.#config.wait_duration, () => this.#release(id));
    const trace: Trace = { parts: [], byteLength: 0, outcome, settle, cancelTimer };
    this.#traces.set(id, trace);
    return trace;
  }

  #makeRoom(): void {
    while (this.#traces.size > this.#config.num_traces || this.#heldBytes > MAX_HELD_BYTES) {
      const [oldest] = this.#traces.keys();
      if (oldest === undefined) return;
      this.#evicted.add(1);
      this.#release(oldest);
    }
  }

  #release(id: string): void {
    const trace = this.#traces.get(id);
    if (trace === undefined) return;
    this.#traces.delete(id);
    trace.cancelTimer();
    this.#heldBytes -= trace.byteLength;
    const whole = concatPayloads(trace.parts);
    this.#released.add(1);
    this.#spansReleased.add(whole.counts.items);
    trace.settle(this.#next.consume(whole));
  }
}
