/** Gathers what scrapers record into an OTLP request. */
import { nanosOf } from "@clew/base";
import type { Attributes, MetricDefinition, MetricDefinitions, Recorder } from "./metric.ts";

const SCOPE =
  "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver/internal/scraper/";
const CUMULATIVE = 2;

interface Point {
  readonly value: number;
  readonly attributes: Attributes;
}

/** One resource's values of one scraper. */
export class ResourceRecorder implements Recorder {
  readonly #definitions: MetricDefinitions;
  readonly #enabled: ReadonlySet<string>;
  // metric --> points
  readonly #points = new Map<string, Point[]>();

  constructor(definitions: MetricDefinitions, enabled: ReadonlySet<string>) {
    this.#definitions = definitions;
    this.#enabled = enabled;
  }

  isEnabled(metric: string): boolean {
    return this.#enabled.has(metric);
  }

  record(metric: string, value: number, attributes: Attributes = {}): void {
    if (!this.#enabled.has(metric)) return;
    const points = this.#points.get(metric);
    if (points === undefined) this.#points.set(metric, [{ value, attributes }]);
    else points.push({ value, attributes });
  }

  /** The `ResourceMetrics`, or undefined where nothing was recorded. */
  resourceMetrics(about: ResourceFacts): object | undefined {
    if (this.#points.size === 0) return undefined;
    const metrics = [...this.#points].map(([name, points]) => metricOf(name, this.#definitions[name]!, points, about));
    return {
      resource: { attributes: Object.entries(about.attributes).map(attributeOf) },
      scopeMetrics: [{ scope: { name: `${SCOPE}${about.scraper}scraper` }, metrics }],
      schemaUrl: about.schemaUrl,
    };
  }
}

export interface ResourceFacts {
  readonly scraper: string;
  readonly schemaUrl: string;
  readonly attributes: Readonly<Record<string, string | bigint>>;
  readonly startTimeMs: number;
  readonly nowMs: number;
}

function metricOf(name: string, definition: MetricDefinition, points: readonly Point[], about: ResourceFacts): object {
  const { unit, description, kind, isInteger } = definition;
  const dataPoints = points.map(({ value, attributes }) => ({
    startTimeUnixNano: nanosOf(about.startTimeMs),
    timeUnixNano: nanosOf(about.nowMs),
    ...(isInteger ? { asInt: BigInt(Math.trunc(value)) } : { asDouble: value }),
    attributes: Object.entries(attributes).map(attributeOf),
  }));
  const sum = { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: kind === "counter" };
  return { name, unit, description, ...(kind === "gauge" ? { gauge: { dataPoints } } : { sum }) };
}

function attributeOf([key, value]: [string, string | bigint]): object {
  return { key, value: typeof value === "string" ? { stringValue: value } : { intValue: value } };
}
