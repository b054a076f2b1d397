/**
 * Keeps a share of spans or log records, the same ones wherever and whenever it is decided,
 * and writes into what it keeps with which probability that was.
 */
import { valueBytes, type MessageView, type Signal, type TelemetryView, type Value } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Counter } from "../../../telemetry/meter.ts";
import type { ProbabilisticSamplerConfig, SamplerMode } from "./config.ts";
import {
  ALWAYS,
  bucketThreshold,
  hashedRandomness,
  isSampled,
  NEVER,
  probabilityOf,
  randomnessFrom,
  randomnessText,
  textOf,
  thresholdFrom,
  thresholdOf,
  traceRandomness,
} from "./threshold.ts";
import { parseTraceState, traceStateText } from "./trace-state.ts";

/** What an item says of its sampling so far, and where that is written. */
interface Carrier {
  readonly threshold: bigint | undefined;
  readonly randomness: bigint | undefined;
  write(threshold: bigint, randomness: bigint | undefined): void;
}

interface Randomness {
  readonly value: bigint;
  readonly policy: string;
  /** Whether it must be written, since it cannot be found again from the trace id. */
  readonly isOwn: boolean;
}

export class ProbabilisticSampler {
  readonly #settings: Settings;
  readonly #config: ProbabilisticSamplerConfig;
  readonly #signal: Signal;
  readonly #mode: SamplerMode;
  readonly #probability: number;
  readonly #threshold: bigint;
  // policy and outcome --> counter
  readonly #counters = new Map<string, Counter>();

  constructor(settings: Settings, config: ProbabilisticSamplerConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    const usesAttribute = signal === "logs" && config.attribute_source === "record";
    this.#mode = config.mode ?? (config.hash_seed !== 0 || usesAttribute ? "hash_seed" : "proportional");
    this.#probability = Math.min(config.sampling_percentage, 100) / 100;
    this.#threshold = this.#ownThreshold();
  }

  edit(view: TelemetryView): void {
    view.retain({ record: (record) => (this.#signal === "traces" ? this.#keepsSpan(record) : this.#keepsLog(record)) });
  }

  #ownThreshold(): bigint {
    if (this.#probability === 0) return NEVER;
    if (this.#mode !== "hash_seed") return thresholdOf(this.#probability, this.#config.sampling_precision);
    const threshold = bucketThreshold(this.#probability * 100);
    if (threshold === NEVER)
      this.#settings.logger.warn("probability rounded to zero", { percent: this.#config.sampling_percentage });
    return threshold;
  }

  #keepsSpan(span: MessageView): boolean {
    const priority = priorityOf(span.attributes().get("sampling.priority"));
    if (priority === 0) return this.#counted("sampling_priority", false);
    const carrier = spanCarrier(span);
    const randomness = this.#randomnessOf(span, carrier, undefined);
    const forced = priority === undefined ? undefined : ALWAYS;
    return this.#decide(carrier, randomness, forced);
  }

  #keepsLog(record: MessageView): boolean {
    const { sampling_priority: name, from_attribute: source } = this.#config;
    const carrier = logCarrier(record);
    const randomness = this.#randomnessOf(record, carrier, source === "" ? undefined : record.attributes().get(source));
    const priority = name === "" ? undefined : percentageOf(record.attributes().get(name));
    if (priority === 0) return this.#counted("sampling_priority", false);
    const forced = priority === undefined ? undefined : thresholdOf(priority, this.#config.sampling_precision);
    return this.#decide(carrier, randomness, forced);
  }

  #decide(carrier: Carrier | undefined, randomness: Randomness | undefined, forced: bigint | undefined): boolean {
    const fault = this.#faultOf(carrier, randomness);
    if (fault !== undefined || carrier === undefined || randomness === undefined) {
      this.#settings.logger.debug(this.#signal === "traces" ? "traces sampler" : "logs sampler", { error: fault });
      const keeps = forced === ALWAYS || !this.#config.fail_closed;
      if (keeps && fault === INCONSISTENT) carrier?.write(NEVER, undefined);
      return this.#counted(randomness?.policy ?? "missing_randomness", keeps);
    }
    const threshold = forced ?? this.#decided(carrier);
    const keeps = isSampled(threshold, randomness.value);
    if (keeps) carrier.write(threshold, randomness.isOwn ? randomness.value : undefined);
    return this.#counted(forced === undefined ? randomness.policy : "sampling_priority", keeps);
  }

  #faultOf(carrier: Carrier | undefined, randomness: Randomness | undefined): string | undefined {
    if (carrier === undefined) return "invalid sampling information";
    if (randomness === undefined) return "missing randomness";
    if (this.#mode === "hash_seed") {
      if (carrier.randomness !== undefined)
        return "item has sampling randomness, equalizing or proportional mode recommended";
      if (carrier.threshold !== undefined)
        return "item has sampling threshold, equalizing or proportional mode recommended";
    }
    const arrived = carrier.threshold;
    return arrived !== undefined && !isSampled(arrived, randomness.value) ? INCONSISTENT : undefined;
  }

  /** Equalizing raises a threshold to ours; proportional lowers the probability by our share. */
  #decided({ threshold: arrived }: Carrier): bigint {
    if (this.#threshold === NEVER || arrived === undefined || this.#mode === "hash_seed") return this.#threshold;
    if (this.#mode === "equalizing") return arrived > this.#threshold ? arrived : this.#threshold;
    const product = probabilityOf(arrived) * this.#probability;
    return product < 2 ** -56 ? NEVER : thresholdOf(product, this.#config.sampling_precision);
  }

  #randomnessOf(item: MessageView, carrier: Carrier | undefined, attribute: Value | undefined): Randomness | undefined {
    const traceId = item.get("traceId") as Uint8Array;
    const usesTraceId = this.#signal === "traces" || this.#config.attribute_source === "traceID";
    const { hash_seed: seed, from_attribute: source } = this.#config;
    const fromAttribute = (): Randomness | undefined =>
      attribute === undefined
        ? undefined
        : { value: hashedRandomness(bytesOf(attribute), seed), policy: source, isOwn: true };
    const hasTraceId = traceRandomness(traceId) !== undefined;
    if (this.#mode === "hash_seed") {
      if (!usesTraceId) return fromAttribute();
      if (hasTraceId) return { value: hashedRandomness(traceId, seed), policy: "trace_id_hash", isOwn: true };
      return fromAttribute();
    }
    if (carrier?.randomness !== undefined)
      return { value: carrier.randomness, policy: "sampling_randomness", isOwn: false };
    const value = traceRandomness(traceId);
    if (value !== undefined && usesTraceId) return { value, policy: "trace_id_w3c", isOwn: false };
    return fromAttribute();
  }

  #counted(policy: string, sampled: boolean): boolean {
    const key = `${policy} ${sampled}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      const items = this.#signal === "traces" ? "traces" : "logs";
      counter = this.#settings.meter.counter(
        `otelcol_processor_probabilistic_sampler_count_${items}_sampled`,
        `Count of ${items} that were sampled or not`,
        { policy, processor: this.#settings.id, sampled: String(sampled) },
      );
      this.#counters.set(key, counter);
    }
    counter.add(1);
    return sampled;
  }
}

const INCONSISTENT = "inconsistent arriving t-value: span should not have been sampled";

/** Undefined where the span's tracestate is none. */
function spanCarrier(span: MessageView): Carrier | undefined {
  const state = parseTraceState(span.get("traceState") as string);
  if (state === undefined) return undefined;
  const threshold = state.threshold === undefined ? undefined : thresholdFrom(state.threshold);
  const randomness = state.randomness === undefined ? undefined : randomnessFrom(state.randomness);
  if (state.threshold !== undefined && threshold === undefined) return undefined;
  if (state.randomness !== undefined && randomness === undefined) return undefined;
  return {
    threshold,
    randomness,
    write(value, own) {
      state.threshold = textOf(value);
      if (own !== undefined) state.randomness = randomnessText(own);
      span.set("traceState", traceStateText(state));
    },
  };
}

function logCarrier(record: MessageView): Carrier | undefined {
  const attributes = record.attributes();
  const [th, rv] = [attributes.get("sampling.threshold"), attributes.get("sampling.randomness")];
  const threshold = typeof th === "string" ? thresholdFrom(th) : undefined;
  const randomness = typeof rv === "string" ? randomnessFrom(rv) : undefined;
  if ((typeof th === "string" && threshold === undefined) || (typeof rv === "string" && randomness === undefined))
    return undefined;
  return {
    threshold,
    randomness,
    write(value, own) {
      if (value === NEVER) attributes.delete("sampling.threshold");
      else attributes.set("sampling.threshold", textOf(value));
      if (own !== undefined) attributes.set("sampling.randomness", randomnessText(own));
    },
  };
}

/** OpenTracing's `sampling.priority`: 0 drops, anything above keeps. */
function priorityOf(value: Value | undefined): number | undefined {
  const number = typeof value === "string" ? Number.parseFloat(value) : Number(value ?? Number.NaN);
  return Number.isNaN(number) || number < 0 ? undefined : number;
}

/** Undefined where a record does not say. */
function percentageOf(value: Value | undefined): number | undefined {
  if (typeof value !== "bigint" && typeof value !== "number") return undefined;
  return Math.min(Math.max(Number(value), 0), 100) / 100;
}

function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return Buffer.from(value);
  return typeof value === "object" ? valueBytes(value) : Buffer.from(String(value));
}
