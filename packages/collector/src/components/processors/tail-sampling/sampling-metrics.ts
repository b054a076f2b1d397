import type { Settings } from "../../../component.ts";
import type { Counter, Histogram } from "../../../telemetry/meter.ts";

export type Decision = "sampled" | "not_sampled" | "dropped";

const DECISIONS = ["sampled", "not_sampled", "dropped"] as const satisfies readonly Decision[];
const LATENCY_BOUNDS = [
  1, 2, 5, 10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1_000, 2_000, 3_000, 4_000, 5_000, 10_000, 20_000, 30_000,
  50_000,
];
const AGE_BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

/** Why a trace was decided before its wait was over, or spans were lost. */
export type Limit = "num_traces" | "max_held_bytes";

export interface PolicyMetrics {
  /** Traces, spans and bytes, by what the policy alone would have. */
  readonly traces: Readonly<Record<Decision, Counter>>;
  readonly spans: Readonly<Record<Decision, Counter>>;
  readonly bytes: Readonly<Record<Decision, Counter>>;
  readonly executions: Counter;
  readonly microseconds: Counter;
}

/** The processor's own metrics, under the original's names, and a few that it does not have. */
export class SamplingMetrics {
  readonly decided: Readonly<Record<Decision, Counter>>;
  readonly newTraces: Counter;
  readonly policyErrors: Counter;
  readonly tooLarge: Counter;
  readonly lost: Counter;
  readonly early: Readonly<Record<Limit, Counter>>;
  readonly fromCache: Readonly<Record<"true" | "false", Counter>>;
  readonly decisionMs: Histogram;
  readonly lateSpanSeconds: Histogram;
  readonly removalSeconds: Histogram;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.decided = this.#byDecision(
      "global_count_traces_sampled",
      "Global count of traces that were sampled or not by at least one policy",
    );
    this.newTraces = this.#counter("new_trace_id_received", "Counts the arrival of new traces");
    this.policyErrors = this.#counter("sampling_policy_evaluation_error", "Count of sampling policy evaluation errors");
    this.tooLarge = this.#counter(
      "traces_dropped_too_large",
      "Count of traces that were dropped because they were too large",
    );
    this.lost = this.#counter("spans_lost", "Count of spans that were acknowledged and could not be handed on");
    const early = (limit: Limit): Counter =>
      this.#counter("traces_decided_early", "Count of traces that were decided early to make room", { limit });
    this.early = { num_traces: early("num_traces"), max_held_bytes: early("max_held_bytes") };
    const fromCache = (sampled: string): Counter =>
      this.#counter(
        "early_releases_from_cache_decision",
        "Number of spans that were able to be immediately released due to a decision cache hit.",
        { sampled },
      );
    this.fromCache = { true: fromCache("true"), false: fromCache("false") };
    this.decisionMs = this.#histogram(
      "sampling_decision_timer_latency",
      "Latency (in milliseconds) of each run of the sampling decision timer",
      LATENCY_BOUNDS,
    );
    this.lateSpanSeconds = this.#histogram(
      "sampling_late_span_age",
      "Time (in seconds) from the sampling decision was taken and the arrival of a late span",
      AGE_BOUNDS,
    );
    this.removalSeconds = this.#histogram(
      "sampling_trace_removal_age",
      "Time (in seconds) from arrival of a new trace until its removal from memory",
      AGE_BOUNDS,
    );
  }

  /** `name` is the policy's. */
  ofPolicy(name: string): PolicyMetrics {
    const { id } = this.#settings;
    const policy = id.includes("/") ? `${id.slice(id.indexOf("/") + 1)}.${name}` : name;
    const counts = (what: string): Readonly<Record<Decision, Counter>> =>
      this.#byDecision(
        `count_${what}_sampled`,
        `Count of ${what} that were sampled or not per sampling policy`,
        policy,
      );
    return {
      traces: counts("traces"),
      spans: counts("spans"),
      bytes: counts("bytes"),
      executions: this.#counter(
        "sampling_policy_execution_count",
        "Total number of executions of a specific sampling policy",
        { policy },
      ),
      microseconds: this.#counter(
        "sampling_policy_execution_time_sum",
        "Total time spent (in microseconds) executing a specific sampling policy",
        { policy },
      ),
    };
  }

  /** Shows how much is held. The returned function ends it. */
  observeHeld(traces: () => number, bytes: () => number): () => void {
    const { meter, id } = this.#settings;
    const gauge = (name: string, help: string, read: () => number): (() => void) =>
      meter.gauge(`otelcol_processor_tail_sampling_${name}`, help, { processor: id }, read);
    const ends = [
      gauge("sampling_traces_on_memory", "Tracks the number of traces current on memory", traces),
      gauge("held_bytes", "Bytes of spans that are held", bytes),
    ];
    return () => ends.forEach((end) => end());
  }

  #byDecision(name: string, help: string, policy?: string): Readonly<Record<Decision, Counter>> {
    const entries = DECISIONS.map((decision) => {
      const sampled = String(decision === "sampled");
      return [decision, this.#counter(name, help, { ...(policy && { policy }), sampled, decision })] as const;
    });
    return Object.fromEntries(entries) as Record<Decision, Counter>;
  }

  #counter(name: string, help: string, labels: Readonly<Record<string, string>> = {}): Counter {
    const { meter, id } = this.#settings;
    return meter.counter(`otelcol_processor_tail_sampling_${name}`, help, { processor: id, ...labels });
  }

  #histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const { meter, id } = this.#settings;
    return meter.histogram(`otelcol_processor_tail_sampling_${name}`, help, bounds, { processor: id });
  }
}
