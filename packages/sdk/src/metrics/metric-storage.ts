/** The series of one instrument for one reader, each reader having its own so that none resets another's. */
import { type Attributes, type Context, type HrTime } from "@opentelemetry/api";
import type { Clock } from "@clew/base";
import { hrTimeOf } from "../common/hr-time.ts";
import { type Aggregation, type AggregationFactory, defaultAggregation } from "./aggregation.ts";
import { type ExemplarFilter, ExemplarReservoir, passesFilter } from "./exemplar-reservoir.ts";
import { type InstrumentDescriptor, InstrumentType, isMonotonic } from "./instrument-descriptor.ts";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
} from "./metric-data.ts";
import { SeriesIndex } from "./series-index.ts";

export interface StorageSettings {
  readonly temporality: AggregationTemporality;
  readonly cardinalityLimit: number;
  readonly exemplarFilter: ExemplarFilter;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface MetricStorage {
  /** What is to be reported at `endTime`; nothing when there were no measurements. */
  collect(endTime: HrTime): MetricData | undefined;
}

interface Series {
  readonly attributes: Attributes;
  readonly aggregation: Aggregation;
  reservoir: ExemplarReservoir | undefined;
}

/** Of an instrument that is called at each measurement. */
export class SynchronousStorage implements MetricStorage {
  readonly #descriptor: InstrumentDescriptor;
  readonly #settings: StorageSettings;
  readonly #aggregation: AggregationFactory;
  #series: SeriesIndex<Series>;
  #startTime: HrTime;

  constructor(descriptor: InstrumentDescriptor, settings: StorageSettings) {
    this.#descriptor = descriptor;
    this.#settings = settings;
    this.#aggregation = defaultAggregation(descriptor);
    this.#series = this.#emptyIndex();
    this.#startTime = hrTimeOf(settings.clock.nowMs());
  }

  record(value: number, attributes: Attributes, context: Context): void {
    const series = this.#series.find(attributes);
    const slot = series.aggregation.record(value);
    if (!passesFilter(this.#settings.exemplarFilter, context)) return;
    series.reservoir ??= new ExemplarReservoir(this.#aggregation.exemplarSlots, this.#settings.random);
    series.reservoir.offer(slot, value, hrTimeOf(this.#settings.clock.nowMs()), context);
  }

  collect(endTime: HrTime): MetricData | undefined {
    if (this.#series.size === 0) return undefined;
    const startTime = this.#startTime;
    const points = [...this.#series.values()].map(({ attributes, aggregation, reservoir }) => ({
      startTime,
      endTime,
      attributes,
      value: aggregation.value,
      exemplars: reservoir?.collect() ?? [],
    }));
    if (this.#settings.temporality === AggregationTemporality.DELTA) {
      this.#series = this.#emptyIndex();
      this.#startTime = endTime;
    }
    return metricData(this.#descriptor, this.#settings.temporality, points);
  }

  #emptyIndex(): SeriesIndex<Series> {
    return new SeriesIndex(this.#settings.cardinalityLimit, (attributes) => ({
      attributes,
      aggregation: this.#aggregation.create(),
      reservoir: undefined,
    }));
  }
}

interface Observation {
  readonly attributes: Attributes;
  value: number;
}

/** Of an instrument that is asked at each collection. What is observed is the total, not a change. */
export class ObservableStorage implements MetricStorage {
  readonly #descriptor: InstrumentDescriptor;
  readonly #settings: StorageSettings;
  #observations: SeriesIndex<Observation>;
  #previous: SeriesIndex<Observation>;
  #startTime: HrTime;

  constructor(descriptor: InstrumentDescriptor, settings: StorageSettings) {
    this.#descriptor = descriptor;
    this.#settings = settings;
    this.#observations = this.#emptyIndex();
    this.#previous = this.#emptyIndex();
    this.#startTime = hrTimeOf(settings.clock.nowMs());
  }

  observe(value: number, attributes: Attributes): void {
    const observation = this.#observations.find(attributes);
    const isOverflow = attributes !== observation.attributes && observation.attributes["otel.metric.overflow"] === true;
    // In the overflow series the values of many are added up; otherwise the last one counts.
    observation.value = isOverflow && this.#adds() ? observation.value + value : value;
  }

  collect(endTime: HrTime): MetricData | undefined {
    const isDelta = this.#settings.temporality === AggregationTemporality.DELTA && this.#adds();
    const startTime = this.#startTime;
    const observed = [...this.#observations.values()];
    const points = observed.map(({ attributes, value }) => ({
      startTime,
      endTime,
      attributes,
      value: isDelta ? value - this.#previous.find(attributes).value : value,
      exemplars: [],
    }));
    this.#previous = this.#observations;
    this.#observations = this.#emptyIndex();
    if (isDelta) this.#startTime = endTime;
    return points.length === 0 ? undefined : metricData(this.#descriptor, this.#settings.temporality, points);
  }

  #adds(): boolean {
    return this.#descriptor.type !== InstrumentType.OBSERVABLE_GAUGE;
  }

  #emptyIndex(): SeriesIndex<Observation> {
    return new SeriesIndex(this.#settings.cardinalityLimit, (attributes) => ({ attributes, value: 0 }));
  }
}

function metricData(
  descriptor: InstrumentDescriptor,
  aggregationTemporality: AggregationTemporality,
  dataPoints: readonly DataPoint<number | Histogram>[],
): MetricData {
  const common = { descriptor, aggregationTemporality };
  switch (descriptor.type) {
    case InstrumentType.HISTOGRAM:
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: dataPoints as DataPoint<Histogram>[] };
    case InstrumentType.GAUGE:
    case InstrumentType.OBSERVABLE_GAUGE:
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: dataPoints as DataPoint<number>[] };
    default:
      return {
        ...common,
        dataPointType: DataPointType.SUM,
        isMonotonic: isMonotonic(descriptor.type),
        dataPoints: dataPoints as DataPoint<number>[],
      };
  }
}
