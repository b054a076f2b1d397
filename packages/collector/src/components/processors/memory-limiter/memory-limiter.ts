import { withoutBytes, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import { ConsumeError, type Consumer } from "../../../consumer.ts";
import { observedItems } from "../../../pipeline/item-counter.ts";
import type { MemoryLimiterConfig } from "./config.ts";
import type { Memory } from "./node-memory.ts";

const MIB = 1024 * 1024;
/** What a sender is told to wait at least: memory is not freed sooner. */
const MIN_RETRY_AFTER_MS = 1_000;

/**
 * Refuses data while memory is short, before it grows further. Every `check_interval` it
 * measures what Node holds; between two checks it adds the bytes that are passing through
 * and were not when it measured, so that a burst does not slip in unseen.
 */
export class MemoryLimiter implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: MemoryLimiterConfig;
  readonly #next: Consumer;
  readonly #memory: Memory;
  readonly #hardBytes: number;
  readonly #softBytes: number;
  readonly #accepted: (payload: Payload) => void;
  readonly #refused: (payload: Payload) => void;
  #measuredBytes = 0;
  #inFlightBytes = 0;
  #inFlightWhenMeasured = 0;
  #isRefusing = false;
  #lastCollectedMs = -Infinity;
  #stopChecking: () => void = () => {};

  constructor(settings: Settings, config: MemoryLimiterConfig, next: Consumer, memory: Memory) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#memory = memory;
    const share = (percentage: number): number => (memory.totalBytes() * percentage) / 100;
    this.#hardBytes = config.limit_mib > 0 ? config.limit_mib * MIB : share(config.limit_percentage);
    const spike = config.limit_mib > 0 ? config.spike_limit_mib * MIB : share(config.spike_limit_percentage);
    this.#softBytes = this.#hardBytes - (spike > 0 ? spike : this.#hardBytes / 5);
    this.#accepted = observedItems(
      settings,
      "otelcol_processor_memory_limiter_accepted",
      "successfully pushed into the next component",
    );
    this.#refused = observedItems(
      settings,
      "otelcol_processor_memory_limiter_refused",
      "rejected by the next component or by the limit",
    );
  }

  start(): Promise<void> {
    this.#settings.logger.info("Memory limiter configured", {
      limit_mib: Math.floor(this.#hardBytes / MIB),
      spike_limit_mib: Math.floor((this.#hardBytes - this.#softBytes) / MIB),
      check_interval: this.#config.check_interval / 1_000,
    });
    this.#check();
    this.#stopChecking = this.#settings.clock.every(this.#config.check_interval, () => this.#check());
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#stopChecking();
    this.#isRefusing = false;
    return Promise.resolve();
  }

  // Not async, as in all that stands before a batch: what waits must not keep bytes that were handed on.
  consume(payload: Payload): Promise<void> {
    if (this.#isRefusing || this.#estimate() + payload.byteLength >= this.#softBytes) {
      this.#refused(payload);
      return Promise.reject(this.#error());
    }
    const told = withoutBytes(payload);
    this.#inFlightBytes += told.byteLength;
    return this.#next
      .consume(payload)
      .finally(() => (this.#inFlightBytes -= told.byteLength))
      .then(() => this.#accepted(told));
  }

  refusal(): ConsumeError | undefined {
    return this.#isRefusing ? this.#error() : this.#next.refusal?.();
  }

  #estimate(): number {
    return this.#measuredBytes + Math.max(0, this.#inFlightBytes - this.#inFlightWhenMeasured);
  }

  #check(): void {
    this.#measure();
    if (this.#measuredBytes >= this.#softBytes && this.#mayCollect()) {
      this.#memory.collectGarbage();
      this.#lastCollectedMs = this.#settings.clock.nowMs();
      this.#measure();
    }
    const isAbove = this.#measuredBytes >= this.#softBytes;
    if (isAbove === this.#isRefusing) return;
    this.#isRefusing = isAbove;
    const fields = { cur_mem_mib: Math.floor(this.#measuredBytes / MIB) };
    if (isAbove) this.#settings.logger.warn("Memory usage is above soft limit. Refusing data.", fields);
    else this.#settings.logger.info("Memory usage back within limits. Resuming normal operation.", fields);
  }

  #measure(): void {
    this.#measuredBytes = this.#memory.usedBytes();
    this.#inFlightWhenMeasured = this.#inFlightBytes;
  }

  /** Above the hard limit at every check; above the soft one less often, as it stops everything for a while. */
  #mayCollect(): boolean {
    if (this.#measuredBytes >= this.#hardBytes) return true;
    const sinceMs = this.#settings.clock.nowMs() - this.#lastCollectedMs;
    return sinceMs >= this.#config.min_gc_interval_when_soft_limited;
  }

  #error(): ConsumeError {
    return new ConsumeError("MEMORY_LIMIT", "data refused due to high memory usage", {
      permanent: false,
      retryAfterMs: Math.max(this.#config.check_interval, MIN_RETRY_AFTER_MS),
      path: this.#settings.path,
      remedy: "send less, or raise limit_mib",
    });
  }
}
