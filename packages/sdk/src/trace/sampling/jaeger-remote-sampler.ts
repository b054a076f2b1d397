import { diag } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { httpFetch } from "../../common/http-fetch.ts";
import { WallClock } from "../../common/wall-clock.ts";
import { ParentBasedSampler } from "../parent-based-sampler.ts";
import type { Sampler, SamplingResult } from "../sampler.ts";
import { type SamplingStrategyResponse, samplerOfStrategy } from "./jaeger-sampling-strategy.ts";

const REQUEST_TIMEOUT_MS = 10_000;

export interface JaegerRemoteSamplerOptions {
  /** Where the strategies are: scheme, host and port of the HTTP server, to which `/sampling` is added. */
  readonly endpoint: string;
  /** Whose strategy to ask for. */
  readonly serviceName?: string;
  /** How often to ask, in milliseconds. The name is the official one. */
  readonly poolingInterval: number;
  /** Decides until the first answer. */
  readonly initialSampler: Sampler;
  readonly clock?: Clock;
}

/**
 * Samples as a Jaeger or OpenTelemetry collector says, which is asked at once and then at an interval. Of
 * spans with a parent it does as the parent did. Source: specification, "JaegerRemoteSampler".
 */
export class JaegerRemoteSampler implements Sampler {
  readonly #url: string;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  #sampler: Sampler;
  // The last answer, or the last failure: only changes are reported and taken over.
  #last = "";
  #isPolling = false;

  constructor(options: JaegerRemoteSamplerOptions) {
    this.#url = `${options.endpoint.replace(/\/$/, "")}/sampling?service=${encodeURIComponent(options.serviceName ?? "")}`;
    this.#intervalMs = options.poolingInterval;
    this.#clock = options.clock ?? new WallClock();
    this.#sampler = options.initialSampler;
    this.#clock.every(this.#intervalMs, () => void this.#poll());
    void this.#poll();
  }

  shouldSample(...details: Parameters<Sampler["shouldSample"]>): SamplingResult {
    return this.#sampler.shouldSample(...details);
  }

  toString(): string {
    return `JaegerRemoteSampler{endpoint=${this.#url}, poolingInterval=${this.#intervalMs}, sampler=${this.#sampler.toString()}}`;
  }

  /** Never rejects. What is wrong leaves the sampler as it is. */
  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      const { body } = await httpFetch(this.#url, { timeoutMs: REQUEST_TIMEOUT_MS });
      this.#take(body);
    } catch (thrown) {
      const message = messageOf(thrown);
      if (message !== this.#last)
        diag.warn(`sampling strategy from ${this.#url}: ${message}; ${String(this.#sampler)} stays`);
      this.#last = message;
    } finally {
      this.#isPolling = false;
    }
  }

  #take(body: string): void {
    // Samplers that save up would lose what they saved if they were made anew.
    if (body === this.#last) return;
    const strategy = JSON.parse(body) as SamplingStrategyResponse;
    this.#sampler = new ParentBasedSampler({ root: samplerOfStrategy(strategy, this.#clock) });
    this.#last = body;
  }
}
