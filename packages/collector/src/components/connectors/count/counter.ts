/** Counts records of one kind, of one resource. */
import { valueBytes, valueObject, type AttributesView, type Value } from "@clew/otlp";
import type { ConditionList } from "../../../ottl/condition-list.ts";
import type { Context } from "../../../ottl/context.ts";

const DELTA = 1;

/** A metric, ready to count. */
export interface CountedMetric {
  readonly name: string;
  readonly description: string;
  /** Undefined where every record counts. */
  readonly conditions: ConditionList | undefined;
  readonly attributes: readonly { readonly key: string; readonly standIn: Value | undefined }[];
}

interface Series {
  readonly values: readonly Value[];
  count: number;
}

export class RecordCounter {
  readonly #metrics: readonly CountedMetric[];
  // metric, values of its attributes as text --> how many
  readonly #series = new Map<CountedMetric, Map<string, Series>>();
  #startNanos = 0n;
  #endNanos = 0n;

  constructor(metrics: readonly CountedMetric[]) {
    this.#metrics = metrics;
  }

  get hasCounted(): boolean {
    return this.#series.size > 0;
  }

  /** Widens the time over which was counted. */
  observe(nanos: bigint): void {
    if (nanos === 0n) return;
    if (this.#startNanos === 0n || nanos < this.#startNanos) this.#startNanos = nanos;
    if (nanos > this.#endNanos) this.#endNanos = nanos;
  }

  /** `sources` are where attributes are looked for, in this order. Throws `OttlError`. */
  count(context: Context, sources: readonly AttributesView[]): void {
    for (const metric of this.#metrics) {
      const values = valuesOf(metric, sources);
      if (values === undefined || metric.conditions?.anyHolds(context) === false) continue;
      const series = this.#series.get(metric) ?? new Map<string, Series>();
      this.#series.set(metric, series);
      const key = values.map((value) => Buffer.from(valueBytes(value)).toString("hex")).join(" ");
      const one = series.get(key) ?? { values, count: 0 };
      one.count++;
      series.set(key, one);
    }
  }

  /** Delta sums, as `encode` takes them. */
  metrics(nowNanos: bigint): object[] {
    const [startTimeUnixNano, timeUnixNano] =
      this.#startNanos === 0n ? [nowNanos, nowNanos] : [this.#startNanos, this.#endNanos];
    return this.#metrics.flatMap((metric) => {
      const { name, description, attributes } = metric;
      const series = this.#series.get(metric);
      if (series === undefined) return [];
      const dataPoints = [...series.values()].map(({ values, count }) => ({
        attributes: attributes.map(({ key }, i) => ({ key, value: valueObject(values[i]!) })),
        startTimeUnixNano,
        timeUnixNano,
        asInt: BigInt(count),
      }));
      return { name, description, sum: { dataPoints, isMonotonic: true, aggregationTemporality: DELTA } };
    });
  }
}

/** The value of each attribute; undefined where one is missing and nothing stands in. */
function valuesOf({ attributes }: CountedMetric, sources: readonly AttributesView[]): Value[] | undefined {
  const values: Value[] = [];
  for (const { key, standIn } of attributes) {
    const value = sources.find((source) => source.has(key))?.get(key) ?? standIn;
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
