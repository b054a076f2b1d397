import { concatPayloads, partitionPayload, traceIdOf, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import { ConsumeError, type Consumer } from "../../../consumer.ts";
import { shuttingDown } from "../../../export/queue.ts";
import { storageOf } from "../../../extension.ts";
import type { Explained } from "../../../ottl/explain.ts";
import type { Outcome } from "../../../ottl/statement.ts";
import type { TailSamplingConfig } from "./config.ts";
import { DecisionMemory, type Remembered } from "./decision-memory.ts";
import { HeldTrace } from "./held-trace.ts";
import { Outbox } from "./outbox.ts";
import { PolicySet } from "./policy-set.ts";
import { SamplingMetrics, type Decision, type Limit } from "./sampling-metrics.ts";
import { StoredParts } from "./stored-parts.ts";

/** Spans of one trace, with where they are stored. */
interface Load {
  readonly parts: Payload[];
  readonly keys: string[];
  byteLength: number;
}

interface Pending extends Load {
  spanCount: number;
  readonly sinceMs: number;
  decideAtMs: number;
  cancelTimer: () => void;
  /** Settles when the trace was not kept, or taken downstream. */
  readonly outcome: Promise<void>;
  readonly settle: (outcome: Promise<void> | undefined) => void;
}

/** Holds the spans of each trace for a while, then keeps the trace as a whole or not, by policies. */
export class TailSampling implements Component, Consumer, Explained {
  readonly #settings: Settings;
  readonly #config: TailSamplingConfig;
  readonly #next: Consumer;
  readonly #metrics: SamplingMetrics;
  readonly #policies: PolicySet;
  readonly #decided: DecisionMemory;
  readonly #outbox: Outbox;
  // trace id --> what is held of it, the oldest first
  readonly #pending = new Map<string, Pending>();
  #stored: StoredParts | undefined;
  #pendingBytes = 0;
  /** Of what was decided, and is not taken downstream yet. */
  #leavingBytes = 0;
  #isStopped = false;
  /** Called when a trace was decided, by those who wait for room. */
  #whenRoom: (() => void)[] = [];
  #endMetrics: () => void = () => {};

  constructor(settings: Settings, config: TailSamplingConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#metrics = new SamplingMetrics(settings);
    this.#policies = new PolicySet(settings, config, this.#metrics);
    this.#decided = new DecisionMemory({
      sampled: config.decision_cache.sampled_cache_size || config.num_traces,
      notSampled: config.decision_cache.non_sampled_cache_size || config.num_traces,
    });
    this.#outbox = new Outbox(settings, next);
  }

  /** Goes on with what an earlier run left in the storage. */
  async start(): Promise<void> {
    const { storage, wait_for_decision: waits } = this.#config;
    this.#endMetrics = this.#metrics.observeHeld(
      () => this.#pending.size,
      () => this.#pendingBytes + this.#leavingBytes,
    );
    if (storage === undefined) {
      if (!waits)
        this.#settings.logger.warn("Spans are acknowledged while only memory holds them, and lost in a crash.", {
          remedy: "name a storage extension as storage, or set wait_for_decision",
        });
      return;
    }
    const { id, logger, report } = this.#settings;
    const client = await storageOf(this.#settings, storage).open("processor", id, "traces");
    this.#stored = new StoredParts(client, logger, report);
    for await (const { key, payload } of this.#stored.left()) {
      for (const [traceId, part] of partsOf(payload)) void this.#add(traceId, part, key);
    }
  }

  /** Decides what is held; with a storage it stays there for the next start. */
  shutdown(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    this.#isStopped = true;
    for (const resume of this.#whenRoom.splice(0)) resume();
    for (const [id, trace] of this.#pending) {
      if (this.#stored !== undefined) trace.cancelTimer();
      else if (this.#config.drop_pending_traces_on_shutdown) this.#giveUp(id, trace);
      else this.#decide(id, trace);
    }
    this.#outbox.close(this.#stored !== undefined);
    this.#endMetrics();
    return Promise.resolve();
  }

  explain = (): readonly Outcome[] => this.#policies.outcomes();

  refusal(): ConsumeError | undefined {
    if (this.#config.wait_for_decision) return this.#next.refusal?.();
    return this.#isFull ? this.#tooMuch() : undefined;
  }

  async consume(payload: Payload): Promise<void> {
    if (payload.counts.items === 0) return;
    if (this.#isStopped && this.#config.drop_pending_traces_on_shutdown && this.#stored === undefined) {
      throw shuttingDown(this.#settings.path);
    }
    if (this.#isFull) throw this.#tooMuch();
    while (this.#mustWait) await this.#room();
    const parts = [...partsOf(payload)];
    const keys = this.#stored === undefined ? [] : await this.#store(parts);
    const outcomes = parts.map(([id, part]) => this.#add(id, part, keys.shift()));
    if (!this.#config.wait_for_decision) return;
    const failed = (await Promise.allSettled(outcomes)).find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Spans of traces that were not kept need no storing, and have no key. */
  async #store(parts: readonly (readonly [string, Payload])[]): Promise<(string | undefined)[]> {
    const kept = parts.map(([id]) => this.#decided.get(id)?.isSampled !== false);
    const keys = await this.#stored!.put(parts.filter((_, i) => kept[i]).map(([, part]) => part));
    return kept.map((isKept) => (isKept ? keys.shift() : undefined));
  }

  get #isFull(): boolean {
    return this.#leavingBytes >= this.#config.max_held_bytes;
  }

  #tooMuch(): ConsumeError {
    return new ConsumeError("QUEUE_FULL", "too many spans wait to be taken downstream", {
      permanent: false,
      path: `${this.#settings.path}::max_held_bytes`,
      remedy: "see why the next component refuses them; raise max_held_bytes to bear it longer",
    });
  }

  get #mustWait(): boolean {
    const { block_on_overflow: blocks, num_traces: most } = this.#config;
    return blocks && this.#pending.size >= most && !this.#isStopped;
  }

  #room(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#whenRoom.push(resolve);
    });
  }

  /** Holds spans, or does with them what was decided before. Settles as the trace does. */
  #add(id: string, part: Payload, key: string | undefined): Promise<void> {
    const keys = key === undefined ? [] : [key];
    const earlier = this.#decided.get(id);
    if (earlier !== undefined) return this.#addLate(earlier, { parts: [part], keys, byteLength: part.byteLength });
    // Whatever comes now is there again after the next start.
    if (this.#isStopped && this.#stored !== undefined) return Promise.resolve();
    const trace = this.#pending.get(id) ?? this.#begin(id);
    trace.parts.push(part);
    trace.keys.push(...keys);
    trace.spanCount += part.counts.items;
    trace.byteLength += part.byteLength;
    this.#pendingBytes += part.byteLength;
    if (this.#isStopped) this.#decide(id, trace);
    else this.#advance(id, trace, part);
    this.#makeRoom();
    return trace.outcome;
  }

  #addLate({ isSampled, decidedMs }: Remembered, load: Load): Promise<void> {
    const { sampled_cache_size, non_sampled_cache_size } = this.#config.decision_cache;
    if ((isSampled ? sampled_cache_size : non_sampled_cache_size) > 0) {
      const spans = load.parts.reduce((total, { counts }) => total + counts.items, 0);
      this.#metrics.fromCache[isSampled ? "true" : "false"].add(spans);
    } else {
      this.#metrics.lateSpanSeconds.record(Math.trunc((this.#settings.clock.nowMs() - decidedMs) / 1_000));
    }
    if (isSampled) return this.#handOn(load);
    this.#forget(load);
    return Promise.resolve();
  }

  #begin(id: string): Pending {
    let settle: Pending["settle"] = () => {};
    const outcome = new Promise<void>((resolve) => {
      settle = resolve;
    });
    // Where nobody waits for it, a refusal is told in the log.
    outcome.catch(() => {});
    const sinceMs = this.#settings.clock.nowMs();
    const trace: Pending = {
      parts: [],
      keys: [],
      byteLength: 0,
      spanCount: 0,
      sinceMs,
      decideAtMs: Infinity,
      cancelTimer: () => {},
      outcome,
      settle,
    };
    this.#pending.set(id, trace);
    this.#metrics.newTraces.add(1);
    this.#decideAfter(id, trace, this.#config.decision_wait);
    return trace;
  }

  #decideAfter(id: string, trace: Pending, waitMs: number): void {
    const { clock } = this.#settings;
    const atMs = clock.nowMs() + waitMs;
    if (atMs >= trace.decideAtMs) return;
    trace.cancelTimer();
    trace.decideAtMs = atMs;
    trace.cancelTimer = clock.after(waitMs, () => this.#decide(id, trace));
  }

  /** What the newest spans of a trace bring about. */
  #advance(id: string, trace: Pending, newest: Payload): void {
    const { maximum_trace_size_bytes: mostBytes, decision_wait_after_root_received: rootWaitMs } = this.#config;
    if (mostBytes > 0 && trace.byteLength > mostBytes) {
      this.#metrics.tooLarge.add(1);
      return this.#conclude(id, trace, "not_sampled");
    }
    if (this.#config.sampling_strategy === "span-ingest") {
      const decision = this.#timed(() => this.#policies.decideOnIngest(new HeldTrace(id, newest, trace)));
      if (decision !== undefined) {
        this.#metrics.decided[decision].add(1);
        return this.#conclude(id, trace, decision);
      }
    }
    if (rootWaitMs > 0 && new HeldTrace(id, newest, trace).hasRoot) this.#decideAfter(id, trace, rootWaitMs);
  }

  #makeRoom(): void {
    const { num_traces: most, max_held_bytes: mostBytes, block_on_overflow: blocks } = this.#config;
    const limit = (): Limit | undefined => {
      if (!blocks && this.#pending.size > most) return "num_traces";
      return this.#pendingBytes > mostBytes ? "max_held_bytes" : undefined;
    };
    for (let reached = limit(); reached !== undefined; reached = limit()) {
      const [oldest] = this.#pending;
      if (oldest === undefined) return;
      this.#metrics.early[reached].add(1);
      this.#decide(...oldest);
    }
  }

  #decide(id: string, trace: Pending): void {
    const isLate = this.#config.sampling_strategy === "span-ingest";
    const decision = isLate
      ? "not_sampled"
      : this.#timed(() => this.#policies.decide(new HeldTrace(id, concatPayloads(trace.parts), trace)));
    this.#metrics.decided[decision].add(1);
    this.#conclude(id, trace, decision);
  }

  #timed<T>(decide: () => T): T {
    const { clock } = this.#settings;
    const startMs = clock.nowMs();
    const decision = decide();
    this.#metrics.decisionMs.record(clock.nowMs() - startMs);
    return decision;
  }

  #conclude(id: string, trace: Pending, decision: Decision): void {
    const nowMs = this.#settings.clock.nowMs();
    this.#end(id, trace);
    this.#decided.remember(id, decision === "sampled", nowMs);
    this.#metrics.removalSeconds.record(Math.trunc((nowMs - trace.sinceMs) / 1_000));
    if (decision === "sampled") return trace.settle(this.#handOn(trace));
    this.#forget(trace);
    trace.settle(undefined);
  }

  #giveUp(id: string, trace: Pending): void {
    this.#end(id, trace);
    this.#forget(trace);
    trace.settle(Promise.reject(shuttingDown(this.#settings.path)));
  }

  #end(id: string, trace: Pending): void {
    trace.cancelTimer();
    this.#pending.delete(id);
    this.#pendingBytes -= trace.byteLength;
    for (const resume of this.#whenRoom.splice(0)) resume();
  }

  async #handOn(load: Load): Promise<void> {
    const payload = concatPayloads(load.parts);
    this.#leavingBytes += load.byteLength;
    try {
      // Senders who wait try again themselves.
      if (this.#config.wait_for_decision) return await this.#next.consume(payload);
      const fate = await this.#outbox.send(payload);
      if (fate === "refused") this.#metrics.lost.add(payload.counts.items);
      if (fate !== "left") this.#forget(load);
    } finally {
      this.#leavingBytes -= load.byteLength;
    }
  }

  #forget({ keys }: Load): void {
    this.#stored?.remove(keys);
  }
}

function partsOf(payload: Payload): Map<string, Payload> {
  return partitionPayload(payload, ({ record }) => traceIdOf("traces", record));
}
