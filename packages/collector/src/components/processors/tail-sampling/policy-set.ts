import type { Clock } from "@clew/base";
import type { Logger } from "../../../telemetry/logger.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import type { ConditionList } from "../../../ottl/condition-list.ts";
import type { Outcome } from "../../../ottl/statement.ts";
import type { Settings } from "../../../component.ts";
import type { TailSamplingConfig } from "./config.ts";
import type { HeldTrace } from "./held-trace.ts";
import { outcomesOf, policyOf, type Policy } from "./policies.ts";
import type { Decision, PolicyMetrics, SamplingMetrics } from "./sampling-metrics.ts";

interface Named {
  readonly matches: Policy;
  readonly isDrop: boolean;
  readonly metrics: PolicyMetrics;
}

/** All policies of a processor, and what follows from them. */
export class PolicySet {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: SamplingMetrics;
  readonly #stopsAtMatch: boolean;
  readonly #drops: readonly Named[];
  readonly #keeps: readonly Named[];
  readonly #lists: ConditionList[] = [];

  constructor(settings: Settings, config: TailSamplingConfig, metrics: SamplingMetrics) {
    this.#clock = settings.clock;
    this.#logger = settings.logger;
    this.#metrics = metrics;
    this.#stopsAtMatch = config.sample_on_first_match;
    const all = config.policies.map((one) => ({
      matches: policyOf(one, { settings, lists: this.#lists }),
      isDrop: one.type === "drop",
      metrics: metrics.ofPolicy(one.name),
    }));
    this.#drops = all.filter(({ isDrop }) => isDrop);
    this.#keeps = all.filter(({ isDrop }) => !isDrop);
  }

  outcomes(): Outcome[] {
    return outcomesOf(this.#lists);
  }

  /** What becomes of a whole trace. All policies are asked, since they are counted, unless the first match is enough. */
  decide(trace: HeldTrace): Decision {
    if (this.#drops.some((policy) => this.#asks(policy, trace))) return "dropped";
    let isSampled = false;
    for (const policy of this.#keeps) {
      if (this.#asks(policy, trace)) isSampled = true;
      if (isSampled && this.#stopsAtMatch) break;
    }
    return isSampled ? "sampled" : "not_sampled";
  }

  /** What is certain already from some of its spans: undefined where nothing is. */
  decideOnIngest(trace: HeldTrace): Decision | undefined {
    if (this.#drops.some((policy) => this.#asks(policy, trace))) return "dropped";
    // A trace that was not dropped yet may still be by spans that come later.
    if (this.#drops.length > 0) return undefined;
    return this.#keeps.some((policy) => this.#asks(policy, trace)) ? "sampled" : undefined;
  }

  /** One that fails says nothing about the trace. */
  #asks({ matches, isDrop, metrics }: Named, trace: HeldTrace): boolean {
    const startMs = this.#clock.nowMs();
    let isMatch: boolean;
    try {
      isMatch = matches(trace);
    } catch (error) {
      if (!(error instanceof OttlError)) throw error;
      this.#metrics.policyErrors.add(1);
      this.#logger.debug("Sampling policy error", { error: error.message });
      return false;
    } finally {
      metrics.executions.add(1);
      metrics.microseconds.add(Math.round((this.#clock.nowMs() - startMs) * 1_000));
    }
    const decision = isMatch ? (isDrop ? "dropped" : "sampled") : "not_sampled";
    metrics.traces[decision].add(1);
    metrics.spans[decision].add(trace.spanCount);
    metrics.bytes[decision].add(trace.byteLength);
    return isMatch;
  }
}
