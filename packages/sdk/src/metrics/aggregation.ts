/** How the measurements of a series become one value. Source: metrics SDK specification, "Aggregation". */
import type { Attributes, HrTime } from "@opentelemetry/api";
import { AggregationType, type AggregationOption } from "./aggregation-option.ts";
import {
  AlignedHistogramBucketExemplarReservoir,
  type ExemplarReservoir,
  SimpleFixedSizeExemplarReservoir,
} from "./exemplar-reservoir.ts";
import { ExponentialHistogramSeries } from "./exponential-histogram-series.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import { InstrumentType, isObservable } from "./instrument-type.ts";
import { DataPointType } from "./metric-data.ts";
import { HistogramSeries, LastValueSeries, ObservedSeries, type Series, SumSeries } from "./series.ts";

/** Specification, "Explicit bucket histogram aggregation", default boundaries. */
const DEFAULT_BOUNDARIES: readonly number[] = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
];
/** Specification, "Base2 exponential bucket histogram aggregation". */
const DEFAULT_MAX_SIZE = 160;
const DEFAULT_MAX_SCALE = 20;
/** Specification, "Exemplar defaults", for exponential histograms. */
const MOST_EXPONENTIAL_EXEMPLARS = 20;

/** Makes the series of a metric. */
export interface Aggregation {
  readonly dataPointType: DataPointType;
  createSeries(attributes: Attributes, startTime: HrTime): Series;
  createReservoir(random: () => number): ExemplarReservoir;
}

/** `undefined` when the measurements are to be dropped. `option` has been checked by `aggregationProblem`. */
export function createAggregation(
  option: AggregationOption,
  descriptor: InstrumentDescriptor,
): Aggregation | undefined {
  switch (option.type) {
    case AggregationType.DROP:
      return undefined;
    case AggregationType.SUM:
      return ofNumbers(DataPointType.SUM, isObservable(descriptor.type) ? ObservedSeries : SumSeries);
    case AggregationType.LAST_VALUE:
      return ofNumbers(DataPointType.GAUGE, isObservable(descriptor.type) ? ObservedSeries : LastValueSeries);
    case AggregationType.EXPLICIT_BUCKET_HISTOGRAM:
      return explicitBucketHistogram(option, descriptor);
    case AggregationType.EXPONENTIAL_HISTOGRAM:
      return exponentialHistogram(option, descriptor);
    default:
      return createAggregation(defaultAggregation(descriptor), descriptor);
  }
}

/** Specification, "Default aggregation", by the type of the instrument. */
function defaultAggregation({ type, advice }: InstrumentDescriptor): AggregationOption {
  switch (type) {
    case InstrumentType.HISTOGRAM: {
      const boundaries = advice.explicitBucketBoundaries;
      return {
        type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
        ...(boundaries !== undefined && { options: { boundaries } }),
      };
    }
    case InstrumentType.GAUGE:
    case InstrumentType.OBSERVABLE_GAUGE:
      return { type: AggregationType.LAST_VALUE };
    default:
      return { type: AggregationType.SUM };
  }
}

function ofNumbers(
  dataPointType: DataPointType,
  NumberSeries: new (attributes: Attributes, startTime: HrTime) => Series,
): Aggregation {
  return {
    dataPointType,
    createSeries: (attributes, startTime) => new NumberSeries(attributes, startTime),
    createReservoir: (random) => new SimpleFixedSizeExemplarReservoir(1, random),
  };
}

function explicitBucketHistogram(
  { options = {} }: Extract<AggregationOption, { type: typeof AggregationType.EXPLICIT_BUCKET_HISTOGRAM }>,
  { type }: InstrumentDescriptor,
): Aggregation {
  const boundaries = [...(options.boundaries ?? DEFAULT_BOUNDARIES)];
  const parts = { recordMinMax: options.recordMinMax ?? true, recordSum: takesNoNegativeValues(type) };
  return {
    dataPointType: DataPointType.HISTOGRAM,
    createSeries: (attributes, startTime) => new HistogramSeries(attributes, startTime, boundaries, parts),
    createReservoir: (random) =>
      boundaries.length > 0
        ? new AlignedHistogramBucketExemplarReservoir(boundaries, random)
        : new SimpleFixedSizeExemplarReservoir(1, random),
  };
}

function exponentialHistogram(
  { options = {} }: Extract<AggregationOption, { type: typeof AggregationType.EXPONENTIAL_HISTOGRAM }>,
  { type }: InstrumentDescriptor,
): Aggregation {
  const limits = { maxSize: options.maxSize ?? DEFAULT_MAX_SIZE, maxScale: options.maxScale ?? DEFAULT_MAX_SCALE };
  const parts = { recordMinMax: options.recordMinMax ?? true, recordSum: takesNoNegativeValues(type) };
  const exemplars = Math.min(limits.maxSize, MOST_EXPONENTIAL_EXEMPLARS);
  return {
    dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
    createSeries: (attributes, startTime) => new ExponentialHistogramSeries(attributes, startTime, limits, parts),
    createReservoir: (random) => new SimpleFixedSizeExemplarReservoir(exemplars, random),
  };
}

function takesNoNegativeValues(type: InstrumentType): boolean {
  return type === InstrumentType.COUNTER || type === InstrumentType.HISTOGRAM;
}
