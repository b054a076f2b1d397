import type { Attributes } from "@opentelemetry/api";
import type { Observed, SdkObserver, SelfObserved } from "../self-observability/sdk-observer.ts";
import { SamplingDecision } from "./sampler.ts";
import { PARENT_KINDS } from "./sampling-by-parent.ts";

const DECISIONS = 3;
const RESULTS = ["DROP", "RECORD_ONLY", "RECORD_AND_SAMPLE"];
const ORIGINS = ["none", "remote", "remote", "local", "local"];

/** How many spans a provider's tracers have started and ended. Counting one is adding to a number. */
export class SpanCounts implements SelfObserved {
  // Parent kind × decision
  readonly #started = new Float64Array(PARENT_KINDS.length * DECISIONS);
  // Decision
  readonly #ended = new Float64Array(DECISIONS);

  /** `parentKind` is an index of `PARENT_KINDS`. */
  started(parentKind: number, decision: SamplingDecision): void {
    this.#started[parentKind * DECISIONS + decision]!++;
  }

  ended(isSampled: boolean): void {
    this.#ended[isSampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.RECORD]!++;
  }

  observeWith(observer: SdkObserver): void {
    observer.counter("otel.sdk.span.started", "{span}", "The number of created spans.", () => this.#startedNow());
    observer.upDownCounter(
      "otel.sdk.span.live",
      "{span}",
      "The number of created spans with recording=true for which the end operation has not been called yet.",
      () => this.#liveNow(),
    );
  }

  #startedNow(): Observed[] {
    const totals = new Map<string, { value: number; attributes: Attributes }>();
    for (const [i, count] of this.#started.entries()) {
      if (count === 0) continue;
      const attributes = {
        "otel.span.parent.origin": ORIGINS[Math.floor(i / DECISIONS)]!,
        "otel.span.sampling_result": RESULTS[i % DECISIONS]!,
      };
      const key = Object.values(attributes).join();
      totals.set(key, { attributes, value: count + (totals.get(key)?.value ?? 0) });
    }
    return [...totals.values()];
  }

  #liveNow(): Observed[] {
    return [SamplingDecision.RECORD, SamplingDecision.RECORD_AND_SAMPLED].flatMap((decision) => {
      const started = PARENT_KINDS.reduce((total, _kind, i) => total + this.#started[i * DECISIONS + decision]!, 0);
      const attributes = { "otel.span.sampling_result": RESULTS[decision]! };
      return started === 0 ? [] : [{ value: started - this.#ended[decision]!, attributes }];
    });
  }
}
