import { randomBytes } from "node:crypto";
import { diag } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { httpFetch } from "../../../common/http-fetch.ts";
import { WallClock } from "../../../common/wall-clock.ts";
import type { Resource } from "../../../resource/resource.ts";
import { ParentBasedSampler } from "../../parent-based-sampler.ts";
import { type Sampler, SamplingDecision, type SamplingResult } from "../../sampler.ts";
import { TraceIdRatioBasedSampler } from "../../trace-id-ratio-based-sampler.ts";
import { RateLimitingSampler } from "../rate-limiting-sampler.ts";
import { type SamplingTarget, XRayRuleSampler } from "./xray-rule-sampler.ts";
import type { SamplingRule } from "./xray-sampling-rule.ts";

const DEFAULT_ENDPOINT = "http://localhost:2000";
const DEFAULT_RULES_INTERVAL_SECONDS = 300;
const LEAST_RULES_INTERVAL_SECONDS = 10;
const DEFAULT_TARGETS_INTERVAL_SECONDS = 10;
/** Rules that could not be read again for so long do not count any more. */
const RULES_TTL_MS = 60 * 60 * 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Where there are no rules: one trace a second, and 5 % of all others. */
const FALLBACK_PER_SECOND = 1;
const FALLBACK_RATE = 0.05;
const CLIENT_ID_BYTES = 12;

export interface AWSXRayRemoteSamplerConfig {
  /** Which rules are for this service. */
  readonly resource: Resource;
  /** The proxy of a collector or of the X-Ray daemon. http://localhost:2000 */
  readonly endpoint?: string;
  /** Seconds between readings of the rules, at least 10. 300 */
  readonly pollingInterval?: number;
  readonly clock?: Clock;
}

/**
 * Samples by the rules that are set in AWS X-Ray, and tells X-Ray how often, which then shares out each rule's
 * quota among the processes. Of spans with a parent it does as the parent did.
 */
export class AWSXRayRemoteSampler implements Sampler {
  readonly #rules: XRayRules;
  readonly #sampler: ParentBasedSampler;

  constructor(config: AWSXRayRemoteSamplerConfig) {
    this.#rules = new XRayRules(config);
    this.#sampler = new ParentBasedSampler({ root: this.#rules });
  }

  shouldSample(...details: Parameters<Sampler["shouldSample"]>): SamplingResult {
    return this.#sampler.shouldSample(...details);
  }

  toString(): string {
    return `AWSXRayRemoteSampler{${this.#rules.toString()}}`;
  }

  /** Asks no more; the rules that are known stay for an hour. */
  stopPollers(): void {
    this.#rules.stop();
  }
}

class XRayRules implements Sampler {
  readonly #config: AWSXRayRemoteSamplerConfig;
  readonly #endpoint: string;
  readonly #clock: Clock;
  readonly #clientId: string = randomBytes(CLIENT_ID_BYTES).toString("hex");
  readonly #fallback: { readonly reservoir: RateLimitingSampler; readonly rate: TraceIdRatioBasedSampler };
  readonly #stopRules: () => void;
  #stopTargets = (): void => {};
  // By priority.
  #rules: readonly XRayRuleSampler[] = [];
  #readAtMs = -Infinity;
  #lastProblem = "";

  constructor(config: AWSXRayRemoteSamplerConfig) {
    const { endpoint = DEFAULT_ENDPOINT, pollingInterval = DEFAULT_RULES_INTERVAL_SECONDS } = config;
    this.#config = config;
    this.#endpoint = endpoint.replace(/\/$/, "");
    this.#clock = config.clock ?? new WallClock();
    this.#fallback = {
      reservoir: new RateLimitingSampler(FALLBACK_PER_SECOND, this.#clock),
      rate: new TraceIdRatioBasedSampler(FALLBACK_RATE),
    };
    const intervalSeconds = Math.max(pollingInterval, LEAST_RULES_INTERVAL_SECONDS);
    this.#stopRules = this.#clock.every(intervalSeconds * 1_000, () => void this.#readRules());
    this.#askTargetsEvery(DEFAULT_TARGETS_INTERVAL_SECONDS);
    void this.#readRules();
  }

  shouldSample(...details: Parameters<Sampler["shouldSample"]>): SamplingResult {
    const [context, traceId, , , attributes] = details;
    const isKnown = this.#clock.nowMs() < this.#readAtMs + RULES_TTL_MS;
    const rule = isKnown ? this.#rules.find((one) => one.matches(attributes, this.#config.resource)) : undefined;
    if (rule !== undefined) return rule.shouldSample(context, traceId);
    const reserved = this.#fallback.reservoir.shouldSample();
    if (reserved.decision === SamplingDecision.RECORD_AND_SAMPLED) return reserved;
    return this.#fallback.rate.shouldSample(context, traceId);
  }

  toString(): string {
    return `endpoint=${this.#endpoint}, rules=${this.#rules.map(({ rule }) => rule.RuleName).join(",") || "none"}`;
  }

  stop(): void {
    this.#stopRules();
    this.#stopTargets();
  }

  #askTargetsEvery(seconds: number): void {
    this.#stopTargets();
    this.#stopTargets = this.#clock.every(seconds * 1_000, () => void this.#askTargets());
  }

  /** Never rejects. Rules that did not change keep their counts and targets. */
  async #readRules(): Promise<void> {
    const answer = await this.#ask<{
      readonly SamplingRuleRecords?: readonly { readonly SamplingRule?: SamplingRule }[];
    }>("GetSamplingRules", {});
    if (answer?.SamplingRuleRecords === undefined) return;
    const rules = answer.SamplingRuleRecords.flatMap(({ SamplingRule }) => SamplingRule ?? []);
    const kept = new Map(this.#rules.map((one) => [JSON.stringify(one.rule), one]));
    this.#rules = rules
      .map((rule) => kept.get(JSON.stringify(rule)) ?? new XRayRuleSampler(rule, this.#clock))
      .sort(
        ({ rule: left }, { rule: right }) =>
          left.Priority - right.Priority || (left.RuleName < right.RuleName ? -1 : 1),
      );
    this.#readAtMs = this.#clock.nowMs();
  }

  /** Tells what was sampled, and takes over what is then allowed. Never rejects. */
  async #askTargets(): Promise<void> {
    if (this.#rules.length === 0) return;
    const Timestamp = Math.floor(this.#clock.nowMs() / 1_000);
    const SamplingStatisticsDocuments = this.#rules.map((one) => ({
      ClientID: this.#clientId,
      RuleName: one.rule.RuleName,
      Timestamp,
      ...one.takeStatistics(),
    }));
    const answer = await this.#ask<{
      readonly LastRuleModification?: number;
      readonly SamplingTargetDocuments?: readonly SamplingTarget[];
    }>("SamplingTargets", { SamplingStatisticsDocuments });
    if (answer === undefined) return;
    const targets = answer.SamplingTargetDocuments ?? [];
    for (const target of targets) this.#rules.find(({ rule }) => rule.RuleName === target.RuleName)?.setTarget(target);
    const intervals = targets.flatMap(({ Interval }) =>
      typeof Interval === "number" && Interval > 0 ? [Interval] : [],
    );
    this.#askTargetsEvery(intervals.length === 0 ? DEFAULT_TARGETS_INTERVAL_SECONDS : Math.min(...intervals));
    if ((answer.LastRuleModification ?? 0) * 1_000 > this.#readAtMs) await this.#readRules();
  }

  /** `undefined` when there is no answer that can be read; warned about once while that lasts. */
  async #ask<Answer>(operation: string, question: object): Promise<Answer | undefined> {
    try {
      const { body } = await httpFetch(`${this.#endpoint}/${operation}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(question),
        timeoutMs: REQUEST_TIMEOUT_MS,
      });
      const answer = JSON.parse(body) as Answer;
      this.#lastProblem = "";
      return answer;
    } catch (thrown) {
      const problem = messageOf(thrown);
      if (problem !== this.#lastProblem) diag.warn(`X-Ray sampling rules from ${this.#endpoint}: ${problem}`);
      this.#lastProblem = problem;
      return undefined;
    }
  }
}
