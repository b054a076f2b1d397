import type { EndedSpan, SpanObserver } from "../../../telemetry/tracer.ts";

/** From how many nanoseconds each column counts. */
export const LATENCIES: readonly (readonly [nanos: bigint, label: string])[] = [
  [0n, ">0s"],
  [10_000n, ">10µs"],
  [100_000n, ">100µs"],
  [1_000_000n, ">1ms"],
  [10_000_000n, ">10ms"],
  [100_000_000n, ">100ms"],
  [1_000_000_000n, ">1s"],
  [10_000_000_000n, ">10s"],
  [100_000_000_000n, ">100s"],
];

/** As many of each kind are kept as examples, the newest. */
const MAX_SAMPLES = 8;

interface Kept {
  count: number;
  readonly samples: EndedSpan[];
}

/** What is known of the spans of one name. */
export interface SpansOfName {
  running: number;
  /** One for each of `LATENCIES`; spans that failed stand in `errors` alone. */
  readonly latencies: readonly Kept[];
  readonly errors: Kept;
}

/** Counts the collector's own spans by name and duration, and keeps examples. */
export class SpanSamples implements SpanObserver {
  readonly #names = new Map<string, SpansOfName>();

  began(name: string): void {
    this.#of(name).running++;
  }

  ended(span: EndedSpan): void {
    const known = this.#of(span.name);
    known.running--;
    const kept = span.error === undefined ? known.latencies[latencyOf(span)]! : known.errors;
    kept.count++;
    if (kept.samples.unshift(span) > MAX_SAMPLES) kept.samples.pop();
  }

  /** By name, in order. */
  names(): readonly (readonly [string, SpansOfName])[] {
    return [...this.#names].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  get(name: string): SpansOfName | undefined {
    return this.#names.get(name);
  }

  #of(name: string): SpansOfName {
    let known = this.#names.get(name);
    if (known === undefined) {
      known = { running: 0, latencies: LATENCIES.map(nothingKept), errors: nothingKept() };
      this.#names.set(name, known);
    }
    return known;
  }
}

function nothingKept(): Kept {
  return { count: 0, samples: [] };
}

function latencyOf({ endNanos, startNanos }: EndedSpan): number {
  return LATENCIES.findLastIndex(([least]) => endNanos - startNanos >= least);
}
