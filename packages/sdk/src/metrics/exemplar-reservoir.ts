/** Which measurements are kept as exemplars. Source: metrics SDK specification, "Exemplar". */
import { type Context, type HrTime, isSpanContextValid, trace, TraceFlags } from "@opentelemetry/api";
import type { Exemplar } from "./metric-data.ts";

export type ExemplarFilter = "trace_based" | "always_on" | "always_off";

export function passesFilter(filter: ExemplarFilter, context: Context): boolean {
  if (filter !== "trace_based") return filter === "always_on";
  const spanContext = trace.getSpanContext(context);
  return spanContext !== undefined && (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0;
}

/**
 * Keeps one measurement in each slot; each that was offered to a slot since the last collection has
 * the same chance to be the one. A histogram has a slot for each bucket, everything else has one.
 */
export class ExemplarReservoir {
  readonly #slots: (Exemplar | undefined)[];
  readonly #offered: number[];
  readonly #random: () => number;

  constructor(slots: number, random: () => number) {
    this.#slots = Array.from<Exemplar | undefined>({ length: slots }).fill(undefined);
    this.#offered = Array.from<number>({ length: slots }).fill(0);
    this.#random = random;
  }

  offer(slot: number, value: number, timestamp: HrTime, context: Context): void {
    const offered = (this.#offered[slot] ?? 0) + 1;
    this.#offered[slot] = offered;
    if (offered === 1 || this.#random() * offered < 1) this.#slots[slot] = exemplarOf(value, timestamp, context);
  }

  /** Gives the exemplars and forgets them. */
  collect(): Exemplar[] {
    const kept = this.#slots.filter((exemplar) => exemplar !== undefined);
    this.#slots.fill(undefined);
    this.#offered.fill(0);
    return kept;
  }
}

function exemplarOf(value: number, timestamp: HrTime, context: Context): Exemplar {
  const spanContext = trace.getSpanContext(context);
  const hasIds = spanContext !== undefined && isSpanContextValid(spanContext);
  return {
    filteredAttributes: {},
    value,
    timestamp,
    ...(hasIds && { traceId: spanContext.traceId, spanId: spanContext.spanId }),
  };
}
