import { nanosOf } from "@clew/base";
import {
  SPAN_KINDS,
  STATUS_CODES,
  TelemetryView,
  valueBytes,
  valueObject,
  type AttributesView,
  type MessageView,
  type Payload,
  type Value,
} from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { Consumer } from "../../../consumer.ts";
import {
  ExplicitHistogram,
  ExponentialHistogram,
  type RecordedHistogram,
} from "../../../metrics/duration-histogram.ts";
import { PeriodicMetrics } from "../../../metrics/periodic-metrics.ts";
import type { Dimension, SpanmetricsConfig } from "./config.ts";
import { SeriesMap, type Attributes, type Series } from "./series.ts";

const SCOPE = { name: "spanmetricsconnector" };
const DEFAULT_BUCKETS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1_000, 1_400, 2_000, 5_000, 10_000, 15_000];
const DELTA = 1;
const CUMULATIVE = 2;

interface Exemplar {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly timeUnixNano: bigint;
  readonly asDouble: number;
}

interface Durations {
  readonly histogram: RecordedHistogram;
  exemplars: Exemplar[];
}

/** What was counted of one resource. */
interface ResourceSeries {
  readonly attributes: Attributes;
  readonly calls: SeriesMap<bigint>;
  readonly durations: SeriesMap<Durations>;
  readonly events: SeriesMap<bigint>;
}

/** Counts spans and measures how long they took, by service, name, kind, status and other attributes. */
export class Spanmetrics implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: SpanmetricsConfig;
  readonly #isDelta: boolean;
  readonly #unitNanos: number;
  readonly #periodic: PeriodicMetrics;
  readonly #callDimensions: readonly Dimension[];
  readonly #durationDimensions: readonly Dimension[];
  // key of the resource --> what was counted, the longest unused first
  readonly #resources = new Map<string, ResourceSeries>();

  constructor(settings: Settings, config: SpanmetricsConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#isDelta = config.aggregation_temporality === "AGGREGATION_TEMPORALITY_DELTA";
    this.#unitNanos = config.histogram.unit === "ms" ? 1e6 : 1e9;
    this.#callDimensions = [...config.dimensions, ...config.calls_dimensions];
    this.#durationDimensions = [...config.dimensions, ...config.histogram.dimensions];
    this.#periodic = new PeriodicMetrics({
      settings,
      next,
      intervalMs: config.metrics_flush_interval,
      keepsRefused: this.#isDelta,
      collect: () => this.#collect(),
    });
  }

  start(): Promise<void> {
    this.#periodic.start();
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#periodic.shutdown();
  }

  /** Spans are taken once they are counted; the metrics follow. */
  consume(payload: Payload): Promise<void> {
    const view = new TelemetryView(payload);
    const nowMs = this.#settings.clock.nowMs();
    for (const resource of view.resources) {
      const attributes = resource.one("resource").attributes();
      const service = attributes.get("service.name");
      if (typeof service !== "string") continue;
      const series = this.#seriesOf(attributes);
      for (const scope of view.scopesOf(resource)) {
        const scopeDimensions = this.#scopeDimensions(scope);
        for (const span of view.recordsOf(scope))
          this.#count(span, service, attributes, scopeDimensions, series, nowMs);
      }
    }
    return Promise.resolve();
  }

  #seriesOf(attributes: AttributesView): ResourceSeries {
    const { resource_metrics_key_attributes: keys, resource_metrics_cache_size: size } = this.#config;
    const chosen = keys.length === 0 ? [...attributes] : [...attributes].filter(([key]) => keys.includes(key));
    const key = chosen
      .map(([name, value]) => `${name}=${keyText(value)}`)
      .sort()
      .join("\0");
    const known = this.#resources.get(key);
    if (known !== undefined) {
      this.#resources.delete(key);
      this.#resources.set(key, known);
      return known;
    }
    const made = this.#makeSeries(this.#config.add_resource_attributes ? attributes : []);
    this.#resources.set(key, made);
    if (this.#resources.size > size) this.#resources.delete([...this.#resources.keys()][0]!);
    return made;
  }

  #makeSeries(attributes: Iterable<readonly [string, Value]>): ResourceSeries {
    const limit = this.#config.aggregation_cardinality_limit;
    return {
      attributes: [...attributes],
      calls: new SeriesMap<bigint>(limit, () => 0n),
      durations: new SeriesMap<Durations>(limit, () => ({ histogram: this.#makeHistogram(), exemplars: [] })),
      events: new SeriesMap<bigint>(limit, () => 0n),
    };
  }

  #makeHistogram(): RecordedHistogram {
    const { explicit, exponential, unit } = this.#config.histogram;
    if (exponential !== undefined) return new ExponentialHistogram(exponential.max_size);
    const boundsMs = explicit?.buckets ?? DEFAULT_BUCKETS_MS;
    return new ExplicitHistogram(unit === "ms" ? boundsMs : boundsMs.map((bound) => bound / 1_000));
  }

  #scopeDimensions(scope: MessageView): Attributes {
    const { include_instrumentation_scope: scopes } = this.#config;
    if (scopes.length === 0) return [];
    const name = scope.one("scope").get("name") as string;
    if (!scopes.includes(name)) return [];
    return [
      ["span.instrumentation.scope.name", name],
      ["span.instrumentation.scope.version", scope.one("scope").get("version") as string],
    ];
  }

  #count(
    span: MessageView,
    service: string,
    resource: AttributesView,
    scope: Attributes,
    series: ResourceSeries,
    nowMs: number,
  ): void {
    const common = [...this.#commonDimensions(span, service), ...scope];
    const of = (dimensions: readonly Dimension[]): Attributes => [
      ...common,
      ...dimensionsOf(dimensions, [span.attributes(), resource]),
    ];
    const callAttributes = of(this.#callDimensions);
    series.calls.of(keyOf(callAttributes), nowMs, () => callAttributes).total++;
    if (!this.#config.histogram.disable) this.#measure(span, of(this.#durationDimensions), series, nowMs);
    if (this.#config.events.enabled) this.#countEvents(span, callAttributes, series, nowMs);
  }

  #commonDimensions(span: MessageView, service: string): (readonly [string, Value])[] {
    const code = span.has("status") ? (span.one("status").get("code") as number) : 0;
    const all = [
      ["service.name", service],
      ["span.name", span.get("name") as string],
      ["span.kind", SPAN_KINDS[span.get("kind") as number] ?? SPAN_KINDS[0]],
      ["status.code", STATUS_CODES[code] ?? STATUS_CODES[0]],
    ] as const;
    const { exclude_dimensions: excluded } = this.#config;
    return excluded.length === 0 ? [...all] : all.filter(([name]) => !excluded.includes(name));
  }

  #measure(span: MessageView, attributes: Attributes, series: ResourceSeries, nowMs: number): void {
    const end = span.get("endTimeUnixNano") as bigint;
    const nanos = end - (span.get("startTimeUnixNano") as bigint);
    // A span that ended before it began took no time.
    const value = nanos > 0n ? Number(nanos) / this.#unitNanos : 0;
    const { total } = series.durations.of(keyOf(attributes), nowMs, () => attributes);
    total.histogram.record(value);
    const { enabled, max_per_data_point: max } = this.#config.exemplars;
    if (!enabled || (max > 0 && total.exemplars.length >= max)) return;
    const [traceId, spanId] = [span.get("traceId") as Uint8Array, span.get("spanId") as Uint8Array];
    // Copies: the span's own bytes would keep its whole request in memory.
    if (traceId.length > 0)
      total.exemplars.push({
        traceId: Uint8Array.from(traceId),
        spanId: Uint8Array.from(spanId),
        timeUnixNano: end,
        asDouble: value,
      });
  }

  #countEvents(span: MessageView, common: Attributes, series: ResourceSeries, nowMs: number): void {
    for (const event of span.many("events")) {
      const attributes = [...common, ...dimensionsOf(this.#config.events.dimensions, [event.attributes()])];
      series.events.of(keyOf(attributes), nowMs, () => attributes).total++;
    }
  }

  #collect(): object[] {
    const { metrics_expiration: expirationMs } = this.#config;
    const nowMs = this.#settings.clock.nowMs();
    const collected: object[] = [];
    for (const [key, series] of this.#resources) {
      const maps = [series.calls, series.durations, series.events];
      if (expirationMs > 0 && !this.#isDelta) for (const map of maps) map.expire(nowMs - expirationMs);
      if (maps.every(({ size }) => size === 0)) {
        this.#resources.delete(key);
        continue;
      }
      collected.push(this.#resourceMetrics(series, nanosOf(nowMs)));
      if (this.#isDelta) for (const map of maps) map.clear();
      for (const { total } of series.durations.values()) total.exemplars = [];
    }
    return collected;
  }

  #resourceMetrics({ attributes, calls, durations, events }: ResourceSeries, timeUnixNano: bigint): object {
    const aggregationTemporality = this.#isDelta ? DELTA : CUMULATIVE;
    const name = (own: string): string => (this.#config.namespace === "" ? own : `${this.#config.namespace}.${own}`);
    const around = ({ attributes: own, startUnixNano }: Series<unknown>): object => ({
      attributes: objectsOf(own),
      startTimeUnixNano: startUnixNano,
      timeUnixNano,
    });
    const sum = (series: SeriesMap<bigint>): object => {
      const dataPoints = [...series.values()].map((one) => ({ ...around(one), asInt: one.total }));
      return { sum: { aggregationTemporality, isMonotonic: true, dataPoints } };
    };
    const metrics: object[] = [];
    if (calls.size > 0) metrics.push({ name: name("calls"), ...sum(calls) });
    if (durations.size > 0) {
      const dataPoints = [...durations.values()].map((one) => ({
        ...around(one),
        ...one.total.histogram.fields(),
        exemplars: one.total.exemplars,
      }));
      const data = this.#config.histogram.exponential === undefined ? "histogram" : "exponentialHistogram";
      metrics.push({
        name: name("duration"),
        unit: this.#config.histogram.unit,
        [data]: { aggregationTemporality, dataPoints },
      });
    }
    if (events.size > 0) metrics.push({ name: name("events"), ...sum(events) });
    return { resource: { attributes: objectsOf(attributes) }, scopeMetrics: [{ scope: SCOPE, metrics }] };
  }
}

function objectsOf(attributes: Attributes): object[] {
  return attributes.map(([key, value]) => ({ key, value: valueObject(value) }));
}

/** Of each dimension the first of the sources that has it, else its default, else nothing. */
function dimensionsOf(dimensions: readonly Dimension[], sources: readonly AttributesView[]): Attributes {
  return dimensions.flatMap(({ name, default: fallback }) => {
    for (const source of sources) {
      const value = source.get(name);
      if (value !== undefined) return [[name, value] as const];
    }
    return fallback === undefined ? [] : [[name, fallback] as const];
  });
}

function keyOf(attributes: Attributes): string {
  return attributes.map(([name, value]) => `${name}\u0001${keyText(value)}`).join("\0");
}

function keyText(value: Value): string {
  return typeof value === "string" ? value : Buffer.from(valueBytes(value)).toString("latin1");
}
