import { dataOf, METRIC_DATA, type MessageView } from "@clew/otlp";
import { expectInt, text, unexpected, write, type Accessor, type Place } from "../accessor.ts";
import type { Context } from "../context.ts";
import { Messages } from "../ottl-value.ts";
import { attributePath } from "./common-paths.ts";
import type { PathSet } from "./path-table.ts";

const metric: Place = (context) => context.record;

const TEMPORALITIES = ["UNSPECIFIED", "DELTA", "CUMULATIVE"];
const TYPES = ["NONE", "GAUGE", "SUM", "HISTOGRAM", "EXPONENTIAL_HISTOGRAM", "SUMMARY"];

/** The enumerations that statements about metrics may name. */
export const METRIC_SYMBOLS: Readonly<Record<string, bigint>> = {
  ...Object.fromEntries(TEMPORALITIES.map((name, i) => [`AGGREGATION_TEMPORALITY_${name}`, BigInt(i)])),
  ...Object.fromEntries(TYPES.map((name, i) => [`METRIC_DATA_TYPE_${name}`, BigInt(i)])),
};

/** What Go calls the points of each kind of data. */
const POINT_TYPES = {
  gauge: "pmetric.NumberDataPointSlice",
  sum: "pmetric.NumberDataPointSlice",
  histogram: "pmetric.HistogramDataPointSlice",
  exponentialHistogram: "pmetric.ExponentialHistogramDataPointSlice",
  summary: "pmetric.SummaryDataPointSlice",
} as const;

export const METRIC_PATHS: PathSet = {
  name: "metric",
  paths: {
    name: { accessor: text(metric, "name") },
    description: { accessor: text(metric, "description") },
    unit: { accessor: text(metric, "unit") },
    // Setting it does nothing: functions such as convert_sum_to_gauge change the type.
    type: { accessor: { get: typeOf, set: () => {} } },
    aggregation_temporality: { accessor: temporality() },
    is_monotonic: { accessor: monotonicity() },
    data_points: { accessor: dataPoints() },
    metadata: attributePath(metric, "metadata"),
  },
};

function typeOf(context: Context): bigint {
  const data = dataOf(metric(context));
  return data === undefined ? 0n : BigInt(METRIC_DATA.indexOf(data) + 1);
}

/** The data of a metric that has a temporality. */
function aggregated(context: Context): MessageView | undefined {
  const data = dataOf(metric(context));
  const has = data === "sum" || data === "histogram" || data === "exponentialHistogram";
  return has ? metric(context).one(data) : undefined;
}

function temporality(): Accessor {
  return {
    get(context) {
      const data = aggregated(context);
      return data === undefined ? null : BigInt(data.get("aggregationTemporality") as number);
    },
    set(context, value) {
      const number = Number(BigInt.asIntN(32, expectInt(value)));
      const data = aggregated(context);
      if (data !== undefined) write(context, data, "aggregationTemporality", number);
    },
  };
}

function monotonicity(): Accessor {
  return {
    get: (context) =>
      dataOf(metric(context)) === "sum" ? (metric(context).one("sum").get("isMonotonic") as boolean) : null,
    set(context, value) {
      if (typeof value !== "boolean") unexpected("bool", value);
      if (dataOf(metric(context)) === "sum") write(context, metric(context).one("sum"), "isMonotonic", value);
    },
  };
}

function dataPoints(): Accessor {
  return {
    get(context) {
      const data = dataOf(metric(context));
      if (data === undefined) return null;
      return new Messages(POINT_TYPES[data], metric(context).one(data).many("dataPoints"));
    },
    set(context, value) {
      const data = dataOf(metric(context));
      if (data === undefined) return;
      const isFitting = value === null || (value instanceof Messages && value.type === POINT_TYPES[data]);
      if (!isFitting) unexpected(POINT_TYPES[data], value);
      metric(context)
        .one(data)
        .setMany("dataPoints", value === null ? [] : value.views);
      context.changes++;
    },
  };
}
