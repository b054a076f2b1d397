import { diag } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { WallClock } from "../../common/wall-clock.ts";
import { ParentBasedSampler } from "../parent-based-sampler.ts";
import type { Sampler, SamplingResult } from "../sampler.ts";
import { type AskStrategy, type SamplingProtocol, strategyClient } from "./jaeger-sampling-client.ts";
import { type SamplingStrategyResponse, samplerOfStrategy } from "./jaeger-sampling-strategy.ts";

export interface JaegerRemoteSamplerOptions {
  /** Where the strategies are: scheme, host and port; for HTTP, `/sampling` is added. */
  readonly endpoint: string;
  /** `grpc` on the ports that Jaeger has for it, 14250 and 5779, else `http`, unless given. */
  readonly protocol?: SamplingProtocol;
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
  readonly #endpoint: string;
  readonly #ask: AskStrategy;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  #sampler: Sampler;
  // The last answer, or the last failure: only changes are reported and taken over.
  #last = "";
  #isPolling = false;

  constructor(options: JaegerRemoteSamplerOptions) {
    const { endpoint, serviceName = "", protocol } = options;
    this.#endpoint = endpoint;
    this.#intervalMs = options.poolingInterval;
    this.#clock = options.clock ?? new WallClock();
    this.#ask = strategyClient(endpoint, serviceName, protocol, this.#clock);
    this.#sampler = options.initialSampler;
    this.#clock.every(this.#intervalMs, () => void this.#poll());
    void this.#poll();
  }

  shouldSample(...details: Parameters<Sampler["shouldSample"]>): SamplingResult {
    return this.#sampler.shouldSample(...details);
  }

  toString(): string {
    return `JaegerRemoteSampler{endpoint=${this.#endpoint}, poolingInterval=${this.#intervalMs}, sampler=${this.#sampler.toString()}}`;
  }

  /** Never rejects. What is wrong leaves the sampler as it is. */
  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      this.#take(await this.#ask());
    } catch (thrown) {
      const message = messageOf(thrown);
      if (message !== this.#last)
        diag.warn(`sampling strategy from ${this.#endpoint}: ${message}; ${String(this.#sampler)} stays`);
      this.#last = message;
    } finally {
      this.#isPolling = false;
    }
  }

  #take(strategy: SamplingStrategyResponse): void {
    const text = JSON.stringify(strategy);
    // Samplers that save up would lose what they saved if they were made anew.
    if (text === this.#last) return;
    this.#sampler = new ParentBasedSampler({ root: samplerOfStrategy(strategy, this.#clock) });
    this.#last = text;
  }
}
