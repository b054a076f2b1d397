import { type Attributes, type Context, diag, type HrTime } from "@opentelemetry/api";
import { type Clock, messageOf } from "@clew/base";
import { hrTimeOf } from "../common/hr-time.ts";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import type { Resource } from "../resource/resource.ts";
import type { Aggregation } from "./aggregation.ts";
import { type IAttributesProcessor, KeyFilter } from "./attributes-processor.ts";
import type { IsEligible } from "./exemplar-filter.ts";
import { type ExemplarReservoir, SlottedExemplarReservoir } from "./exemplar-reservoir.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import { isMonotonic } from "./instrument-type.ts";
import { AggregationTemporality } from "./metric-data.ts";
import { AttributesFilterResult, type MetricFilter, MetricFilterResult } from "./metric-filter.ts";
import type { MetricSink, ScopedCollectedMetric } from "./metric-sink.ts";
import type { Series } from "./series.ts";
import { SeriesIndex } from "./series-index.ts";

/** Specification, "Overflow attribute". */
const OVERFLOW: Attributes = { "otel.metric.overflow": true };

export interface StorageSettings {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  /** Of the metric: name and description may be those of a view. */
  readonly descriptor: InstrumentDescriptor;
  readonly aggregation: Aggregation;
  readonly temporality: AggregationTemporality;
  readonly cardinalityLimit: number;
  readonly attributesProcessors: readonly IAttributesProcessor[];
  readonly isEligible: IsEligible | undefined;
  readonly createReservoir: () => ExemplarReservoir;
  readonly clock: Clock;
}

/**
 * The series of one metric for one reader, each reader having its own so that none resets another's.
 *
 * A reader with delta temporality forgets a series that had no measurement between two collections; one that had is
 * set back, so that neither its attributes nor their bytes are made again.
 */
export abstract class MetricStorage {
  /** Whether measurements need a context. */
  readonly usesContext: boolean;
  protected readonly settings: StorageSettings;
  /** When the collection before was, or the instrument was made. */
  protected intervalStart: HrTime;
  readonly #index: SeriesIndex;
  readonly #process: IAttributesProcessor["process"] | undefined;
  #series: Series[] = [];
  #overflow: Series | undefined;
  // Of those in #series, without the overflow series.
  #admittedCount = 0;

  constructor(settings: StorageSettings) {
    this.settings = settings;
    this.intervalStart = hrTimeOf(settings.clock.nowMs());
    const { attributesProcessors: processors } = settings;
    const filters = processors.filter((processor) => processor instanceof KeyFilter);
    const onlyFilters = filters.length === processors.length;
    this.#process = onlyFilters ? undefined : processInTurn(processors);
    this.#index = new SeriesIndex({
      keeps: onlyFilters && filters.length > 0 ? keepsFor(filters) : undefined,
      create: (attributes) => (this.#admittedCount < settings.cardinalityLimit ? this.#add(attributes) : undefined),
    });
    this.usesContext = settings.isEligible !== undefined || !onlyFilters;
  }

  /** Whether a reader's filter leaves nothing of this metric. */
  isDropped(filter: MetricFilter | undefined): boolean {
    return this.#test(filter) === MetricFilterResult.DROP;
  }

  /** Hands what is to be reported at `endTime` to `sink`; nothing when there were no measurements. */
  collect(sink: MetricSink, endTime: HrTime, filter: MetricFilter | undefined): void {
    try {
      const dataPoints = this.#wanted(this.reported(this.#series), filter);
      for (const series of dataPoints) if (series.reservoir !== undefined) series.collectExemplars();
      if (dataPoints.length > 0) sink.add(this.#collected(dataPoints, endTime));
    } catch (thrown) {
      diag.error(`${this.settings.descriptor.name}: the metric could not be collected: ${messageOf(thrown)}`);
    }
    this.finishInterval(endTime);
    this.intervalStart = endTime;
  }

  /** Those of `series` that have something to report. */
  protected abstract reported(series: readonly Series[]): readonly Series[];
  protected abstract finishInterval(endTime: HrTime): void;
  protected abstract startTimeOfNew(): HrTime;

  /** The series that a measurement belongs to: the overflow series when there would be too many. */
  protected find(attributes: Attributes, context: Context | undefined): Series {
    const processed = this.#process === undefined ? attributes : this.#process(attributes, context);
    const series = this.#index.find(processed);
    if (series === undefined) return this.#overflowSeries();
    return series.isAdmitted ? series : this.#admit(series);
  }

  protected isOverflow(series: Series): boolean {
    return series === this.#overflow;
  }

  protected offer(series: Series, value: number, attributes: Attributes, context: Context): void {
    series.reservoir ??= this.settings.createReservoir();
    const { reservoir } = series;
    // Most lose the draw, so the clock is read after it.
    if (reservoir instanceof SlottedExemplarReservoir) {
      const slot = reservoir.slotFor(value);
      if (slot >= 0) reservoir.keep(slot, { value, timestamp: this.#now(), attributes, context });
    } else {
      reservoir.offer(value, this.#now(), attributes, context);
    }
  }

  /** Sets back the series that were measured, and forgets the others unless they are bound. */
  protected startAgain(startTime: HrTime | undefined): void {
    const kept: Series[] = [];
    this.#admittedCount = 0;
    for (const series of this.#series) {
      const isOverflow = this.isOverflow(series);
      if (series.isTouched || series.isBound || isOverflow) kept.push(series);
      else series.isEvicted = true;
      series.reset();
      if (startTime !== undefined) series.startTime = startTime;
      series.isTouched = false;
      series.isAdmitted = series.isBound || isOverflow;
      if (series.isBound && !isOverflow) this.#admittedCount++;
    }
    if (kept.length < this.#series.length) this.#index.forgetEvicted();
    this.#series = kept;
  }

  #collected(dataPoints: readonly Series[], endTime: HrTime): ScopedCollectedMetric {
    const { resource, scope, descriptor, aggregation, temporality } = this.settings;
    const metric = {
      descriptor,
      dataPointType: aggregation.dataPointType,
      aggregationTemporality: temporality,
      isMonotonic: isMonotonic(descriptor.type),
      endTime,
      dataPoints,
    };
    return { resource, instrumentationScope: scope, metric };
  }

  #add(attributes: Attributes): Series {
    const series = this.#create(attributes);
    this.#series.push(series);
    this.#admittedCount++;
    return series;
  }

  #create(attributes: Attributes): Series {
    return this.settings.aggregation.createSeries(attributes, this.startTimeOfNew());
  }

  /** Gives a place in this interval to a series of an earlier one. */
  #admit(series: Series): Series {
    if (this.#admittedCount >= this.settings.cardinalityLimit) return this.#overflowSeries();
    this.#admittedCount++;
    series.isAdmitted = true;
    return series;
  }

  #overflowSeries(): Series {
    if (this.#overflow === undefined) {
      this.#overflow = this.#create(OVERFLOW);
      this.#series.push(this.#overflow);
    }
    return this.#overflow;
  }

  #wanted(series: readonly Series[], filter: MetricFilter | undefined): readonly Series[] {
    const result = this.#test(filter);
    if (filter === undefined || result === MetricFilterResult.ACCEPT) return series;
    if (result === MetricFilterResult.DROP) return [];
    const { scope, descriptor, aggregation } = this.settings;
    const { name, unit } = descriptor;
    return series.filter(
      ({ attributes }) =>
        filter.testAttributes(scope, name, aggregation.dataPointType, unit, attributes) ===
        AttributesFilterResult.ACCEPT,
    );
  }

  #test(filter: MetricFilter | undefined): MetricFilterResult {
    const { scope, descriptor, aggregation } = this.settings;
    try {
      return (
        filter?.testMetric(scope, descriptor.name, aggregation.dataPointType, descriptor.unit) ??
        MetricFilterResult.ACCEPT
      );
    } catch (thrown) {
      diag.error(`the metric filter failed for ${descriptor.name}, which is kept: ${messageOf(thrown)}`);
      return MetricFilterResult.ACCEPT;
    }
  }

  #now(): HrTime {
    return hrTimeOf(this.settings.clock.nowMs());
  }
}

/** Cumulative series go on, each from its own start. */
export function isDelta(temporality: AggregationTemporality): boolean {
  return temporality === AggregationTemporality.DELTA;
}

function keepsFor(filters: readonly KeyFilter[]): (key: string) => boolean {
  const [only] = filters;
  if (only !== undefined && filters.length === 1) return only.keeps;
  return (key) => filters.every((filter) => filter.keeps(key));
}

function processInTurn(processors: readonly IAttributesProcessor[]): IAttributesProcessor["process"] {
  return (incoming, context) =>
    processors.reduce((attributes, processor) => processor.process(attributes, context), incoming);
}
