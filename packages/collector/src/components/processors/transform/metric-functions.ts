/** Functions that only statements about metrics have. */
import { dataOf, MessageView, pointsOf, type MetricData, type Scalar } from "@clew/otlp";
import { write } from "../../../ottl/accessor.ts";
import type { Context } from "../../../ottl/context.ts";
import {
  defineEditor,
  functionTable,
  type FunctionDefinition,
  type FunctionTable,
} from "../../../ottl/function-definition.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import { truncated } from "../../../ottl/ottl-value.ts";
import { flag, number, optional, string, text } from "../../../ottl/parameters.ts";
import { aggregateOnAttributes, aggregateOnAttributeValue } from "./aggregate.ts";
import { convertExponentialHistogram } from "./convert-exponential-histogram.ts";
import { mergeHistogramBuckets } from "./merge-histogram-buckets.ts";

const DELTA = 1;
const CUMULATIVE = 2;

/** How many metrics a scope may have once statements add some. */
const MAX_METRICS_IN_SCOPE = 10_000;

function addMetric(context: Context, metric: MessageView): void {
  const metrics = context.scopes.many("metrics");
  if (metrics.length >= MAX_METRICS_IN_SCOPE) {
    throw new OttlError(
      `a scope may hold ${MAX_METRICS_IN_SCOPE} metrics at most: a metric that was added is visited too, so the statement needs a condition that it does not meet`,
    );
  }
  context.scopes.setMany("metrics", [...metrics, metric]);
  context.changes++;
}

/** A metric named after another, with data of a kind. */
function derived(metric: MessageView, suffix: string, data: MetricData, unit?: string): MessageView {
  const made = new MessageView(metric.type);
  made.set("name", `${metric.get("name") as string}${suffix}`);
  made.set("description", metric.get("description"));
  made.set("unit", unit ?? metric.get("unit"));
  made.setOne(data, new MessageView(metric.type.byName[data]!.message!()));
  return made;
}

/** A number's point with another point's attributes and times. */
function derivedPoint(
  metric: MessageView,
  data: MetricData,
  from: MessageView,
  field: "asInt" | "asDouble",
  value: Scalar,
): MessageView {
  const point = new MessageView(metric.one(data).type.byName["dataPoints"]!.message!());
  point.attributes().replace([...from.attributes()]);
  point.set("startTimeUnixNano", from.get("startTimeUnixNano"));
  point.set("timeUnixNano", from.get("timeUnixNano"));
  point.set(field, value);
  return point;
}

const TEMPORALITIES: Readonly<Record<string, number>> = { delta: DELTA, cumulative: CUMULATIVE };

function temporalityOf(name: string): number {
  const found = TEMPORALITIES[name];
  if (found === undefined) throw new OttlError(`unknown aggregation temporality: ${name}`);
  return found;
}

const convertGaugeToSum = defineEditor("convert_gauge_to_sum", { stringAggTemp: text, monotonic: flag }, (args) => {
  const temporality = temporalityOf(args.stringAggTemp);
  return (context) => {
    const metric = context.record;
    if (dataOf(metric) !== "gauge") return;
    const sum = new MessageView(metric.type.byName["sum"]!.message!());
    sum.setMany("dataPoints", pointsOf(metric));
    sum.set("aggregationTemporality", temporality);
    sum.set("isMonotonic", args.monotonic);
    metric.setOne("sum", sum);
    context.changes++;
  };
});

const convertSumToGauge = defineEditor("convert_sum_to_gauge", {}, () => (context) => {
  const metric = context.record;
  if (dataOf(metric) !== "sum") return;
  const gauge = new MessageView(metric.type.byName["gauge"]!.message!());
  gauge.setMany("dataPoints", pointsOf(metric));
  metric.setOne("gauge", gauge);
  context.changes++;
});

const copyMetric = defineEditor(
  "copy_metric",
  { name: optional(string), description: optional(string), unit: optional(string) },
  (args) => (context) => {
    const copy = new MessageView(context.record.type, context.record.bytes());
    for (const field of ["name", "description", "unit"] as const) {
      const put = args[field]?.(context);
      if (put !== undefined) copy.set(field, put);
    }
    addMetric(context, copy);
  },
);

/** The temporality of what is made of a histogram or summary; undefined for other metrics. */
function temporalityFor(metric: MessageView): number | undefined {
  const data = dataOf(metric);
  if (data === "summary") return CUMULATIVE;
  if (data !== "histogram" && data !== "exponentialHistogram") return undefined;
  const temporality = metric.one(data).get("aggregationTemporality") as number;
  return temporality === 0 ? undefined : temporality;
}

const GO_TYPES: Readonly<Record<MetricData, string>> = {
  gauge: "Gauge",
  sum: "Sum",
  histogram: "Histogram",
  exponentialHistogram: "ExponentialHistogram",
  summary: "Summary",
};

function wrongType(name: string, metric: MessageView): never {
  const data = dataOf(metric);
  const type = data === undefined ? "Empty" : GO_TYPES[data];
  throw new OttlError(
    `${name} requires an input metric of type Histogram, ExponentialHistogram or Summary, got ${type}`,
  );
}

function addSum(
  context: Context,
  made: MessageView,
  points: readonly MessageView[],
  temporality: number,
  isMonotonic: boolean,
): void {
  if (points.length === 0) return;
  const sum = made.one("sum");
  sum.setMany("dataPoints", points);
  sum.set("aggregationTemporality", temporality);
  sum.set("isMonotonic", isMonotonic);
  addMetric(context, made);
}

const extractCountMetric = defineEditor(
  "extract_count_metric",
  { monotonic: flag, suffix: optional(text) },
  (args) => (context) => {
    const metric = context.record;
    const temporality = temporalityFor(metric) ?? wrongType("extract_count_metric", metric);
    // The metric's unit is not that of a count.
    const made = derived(metric, args.suffix ?? "_count", "sum", "1");
    const points = pointsOf(metric).map((point) =>
      derivedPoint(made, "sum", point, "asInt", BigInt.asIntN(64, point.get("count") as bigint)),
    );
    addSum(context, made, points, temporality, args.monotonic);
  },
);

const extractSumMetric = defineEditor(
  "extract_sum_metric",
  { monotonic: flag, suffix: optional(text) },
  (args) => (context) => {
    const metric = context.record;
    const temporality = temporalityFor(metric) ?? wrongType("extract_sum_metric", metric);
    const made = derived(metric, args.suffix ?? "_sum", "sum");
    const points = pointsOf(metric)
      .filter((point) => point.get("sum") !== undefined)
      .map((point) => derivedPoint(made, "sum", point, "asDouble", point.get("sum")!));
    addSum(context, made, points, temporality, args.monotonic);
  },
);

const extractAvgMetric = defineEditor("extract_avg_metric", { suffix: optional(text) }, (args) => (context) => {
  const metric = context.record;
  const data = dataOf(metric);
  if (data !== "histogram" && data !== "exponentialHistogram" && data !== "summary") {
    wrongType("extract_avg_metric", metric);
  }
  const made = derived(metric, args.suffix ?? "_avg", "gauge");
  const points = pointsOf(metric)
    .filter((point) => point.get("sum") !== undefined && (point.get("count") as bigint) > 0n)
    .map((point) => {
      const average = (point.get("sum") as number) / Number(point.get("count"));
      return derivedPoint(made, "gauge", point, "asDouble", average);
    });
  if (points.length === 0) return;
  made.one("gauge").setMany("dataPoints", points);
  addMetric(context, made);
});

function convertSummary(name: string, defaultSuffix: string, field: "count" | "sum"): FunctionDefinition {
  return defineEditor(name, { stringAggTemp: text, monotonic: flag, suffix: optional(text) }, (args) => {
    const temporality = temporalityOf(args.stringAggTemp);
    return (context) => {
      const metric = context.record;
      if (dataOf(metric) !== "summary") return;
      const made = derived(metric, args.suffix ?? defaultSuffix, "sum");
      const points = pointsOf(metric).map((point) =>
        field === "sum"
          ? derivedPoint(made, "sum", point, "asDouble", point.get("sum")!)
          : derivedPoint(made, "sum", point, "asInt", BigInt.asIntN(64, point.get("count") as bigint)),
      );
      addSum(context, made, points, temporality, args.monotonic);
    };
  });
}

const convertSummaryQuantiles = defineEditor(
  "convert_summary_quantile_val_to_gauge",
  { attributeKey: optional(text), suffix: optional(text) },
  (args) => (context) => {
    const metric = context.record;
    if (dataOf(metric) !== "summary") return;
    const made = derived(metric, args.suffix ?? ".quantiles", "gauge");
    const points = pointsOf(metric).flatMap((point) =>
      point.many("quantileValues").map((quantile) => {
        const one = derivedPoint(made, "gauge", point, "asDouble", quantile.get("value")!);
        one.attributes().set(args.attributeKey ?? "quantile", quantile.get("quantile") as number);
        return one;
      }),
    );
    made.one("gauge").setMany("dataPoints", points);
    addMetric(context, made);
  },
);

const scaleMetric = defineEditor(
  "scale_metric",
  { multiplier: number, unit: optional(string) },
  (args) => (context) => {
    const metric = context.record;
    const unit = args.unit?.(context);
    const data = dataOf(metric);
    if (data === "exponentialHistogram") {
      throw new OttlError("exponential histograms are not supported by the 'scale_metric' function");
    }
    if (data === undefined) throw new OttlError("unsupported metric type: 'Empty'");
    for (const point of pointsOf(metric)) scalePoint(context, point, args.multiplier);
    if (unit !== undefined) write(context, metric, "unit", unit);
  },
);

function scalePoint(context: Context, point: MessageView, by: number): void {
  for (const field of ["asInt", "asDouble", "sum", "min", "max", "value"]) {
    if (point.type.byName[field] === undefined) continue;
    const before = point.get(field) as bigint | number | undefined;
    if (typeof before === "bigint") write(context, point, field, truncated(Number(before) * by));
    else if (before !== undefined) write(context, point, field, before * by);
  }
  if (point.type.byName["explicitBounds"] !== undefined) {
    point.set(
      "explicitBounds",
      (point.get("explicitBounds") as number[]).map((bound) => bound * by),
    );
    for (const exemplar of point.many("exemplars")) scalePoint(context, exemplar, by);
  }
  if (point.type.byName["quantileValues"] !== undefined) {
    for (const quantile of point.many("quantileValues")) scalePoint(context, quantile, by);
  }
}

export const METRIC_FUNCTIONS: FunctionTable = functionTable([
  aggregateOnAttributes,
  aggregateOnAttributeValue,
  convertExponentialHistogram,
  convertGaugeToSum,
  convertSumToGauge,
  convertSummaryQuantiles,
  copyMetric,
  extractAvgMetric,
  extractCountMetric,
  extractSumMetric,
  scaleMetric,
]);

export const DATAPOINT_FUNCTIONS: FunctionTable = functionTable([
  convertSummary("convert_summary_count_val_to_sum", "_count", "count"),
  convertSummary("convert_summary_sum_val_to_sum", "_sum", "sum"),
  mergeHistogramBuckets,
]);
