import type { MessageView } from "@clew/otlp";
import {
  expectFloat,
  inner,
  int32,
  messages,
  uint32,
  uint64,
  unexpected,
  write,
  type Accessor,
  type Place,
} from "../accessor.ts";
import type { Context } from "../context.ts";
import { OttlError } from "../ottl-error.ts";
import { goType, int64, type OttlValue } from "../ottl-value.ts";
import { attributePath, idPath, timePaths } from "./common-paths.ts";
import { METRIC_SYMBOLS } from "./metric-paths.ts";
import type { PathDefinition, PathSet } from "./path-table.ts";

const point: Place = (context) => context.item;
const exemplar: Place = (context) => context.exemplar;

const NUMBER = ["NumberDataPoint"];
const HISTOGRAM = ["HistogramDataPoint"];
const EXPONENTIAL = ["ExponentialHistogramDataPoint"];
const SUMMARY = ["SummaryDataPoint"];
const COUNTED = [...HISTOGRAM, ...EXPONENTIAL, ...SUMMARY];
const WITH_EXEMPLARS = [...NUMBER, ...HISTOGRAM, ...EXPONENTIAL];

/** The enumerations that statements about data points may name. */
export const DATAPOINT_SYMBOLS: Readonly<Record<string, bigint>> = {
  FLAG_NONE: 0n,
  FLAG_NO_RECORDED_VALUE: 1n,
  ...METRIC_SYMBOLS,
};

export const DATAPOINT_PATHS: PathSet = {
  name: "datapoint",
  paths: {
    attributes: attributePath(point),
    ...timePaths(point, "start_time", "startTimeUnixNano"),
    ...timePaths(point, "time", "timeUnixNano"),
    value_double: of(NUMBER, double("asDouble")),
    value_int: of(NUMBER, integer("asInt")),
    exemplars: of(WITH_EXEMPLARS, messages(point, "exemplars", "pmetric.ExemplarSlice")),
    flags: { accessor: uint32(point, "flags") },
    count: of(COUNTED, uint64(point, "count")),
    sum: of(COUNTED, double("sum")),
    bucket_counts: of(HISTOGRAM, counts(point)),
    explicit_bounds: of(HISTOGRAM, bounds()),
    scale: of(EXPONENTIAL, int32(point, "scale")),
    zero_count: of(EXPONENTIAL, uint64(point, "zeroCount")),
    positive: buckets("positive"),
    negative: buckets("negative"),
    quantile_values: of(SUMMARY, messages(point, "quantileValues", "pmetric.SummaryDataPointValueAtQuantileSlice")),
  },
};

export const EXEMPLAR_PATHS: PathSet = {
  name: "exemplar",
  paths: {
    ...timePaths(exemplar, "time", "timeUnixNano"),
    double_value: { accessor: double("asDouble", exemplar) },
    int_value: { accessor: integer("asInt", exemplar) },
    trace_id: idPath(exemplar, "traceId", 16),
    span_id: idPath(exemplar, "spanId", 8),
    filtered_attributes: attributePath(exemplar, "filteredAttributes"),
  },
};

/** A path that only points of some types have: nil for the others, which cannot be set. */
function of(types: readonly string[], accessor: Accessor): PathDefinition {
  return {
    accessor: {
      get: (context) => (types.includes(point(context).type.name) ? accessor.get(context) : null),
      set(context, value) {
        if (types.includes(point(context).type.name)) return accessor.set(context, value);
        const got = `pmetric.${point(context).type.name}`;
        throw new OttlError(
          types.length > 1 ? `unsupported data point type: ${got}` : `expects pmetric.${types[0]} but got ${got}`,
        );
      },
    },
  };
}

/** A double that reads as 0 where it is missing or an integer stands in its place. */
function double(field: string, place: Place = point): Accessor {
  return {
    get: (context) => (place(context).get(field) as number | undefined) ?? 0,
    set: (context, value) => write(context, place(context), field, expectFloat(value)),
  };
}

function integer(field: string, place: Place = point): Accessor {
  return {
    get: (context) => (place(context).get(field) as bigint | undefined) ?? 0n,
    set(context, value) {
      write(context, place(context), field, typeof value === "bigint" ? value : unexpected("int64", value));
    },
  };
}

function buckets(field: "positive" | "negative"): PathDefinition {
  const place: Place = (context) => point(context).one(field);
  return {
    ...of(EXPONENTIAL, inner(point, field, "pmetric.ExponentialHistogramDataPointBuckets")),
    fields: {
      offset: of(EXPONENTIAL, int32(place, "offset")),
      bucket_counts: of(EXPONENTIAL, counts(place)),
    },
  };
}

function counts(place: Place): Accessor {
  return {
    get: (context) => (place(context).get("bucketCounts") as bigint[]).map((count) => int64(count)),
    set(context, value) {
      const list = listOf(value, "uint64", (one): one is bigint => typeof one === "bigint");
      setList(
        context,
        place(context),
        "bucketCounts",
        list.map((one) => BigInt.asUintN(64, one)),
      );
    },
  };
}

function bounds(): Accessor {
  return {
    get: (context) => point(context).get("explicitBounds") as number[],
    set(context, value) {
      const list = listOf(value, "float64", (one): one is number => typeof one === "number");
      setList(context, point(context), "explicitBounds", list);
    },
  };
}

function listOf<T extends OttlValue>(value: OttlValue, type: string, isFitting: (one: OttlValue) => one is T): T[] {
  if (value === null) return [];
  if (!Array.isArray(value)) {
    throw new OttlError(`invalid type provided for setting a slice of ${type}: ${goType(value)}`);
  }
  return (value as OttlValue[]).map((one) => {
    if (isFitting(one)) return one;
    throw new OttlError(`invalid value type provided for a slice of ${type}: ${goType(one)}`);
  });
}

function setList(context: Context, view: MessageView, field: string, list: readonly (number | bigint)[]): void {
  view.set(field, list);
  context.changes++;
}
