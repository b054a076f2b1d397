/** Joins the points of a metric whose attributes are equal. */
import { dataOf, pointsOf, type MessageView } from "@clew/otlp";
import { defineEditor, type FunctionDefinition } from "../../../ottl/function-definition.ts";
import { goJson } from "../../../ottl/go-json.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import { truncated } from "../../../ottl/ottl-value.ts";
import { listOf, optional, text } from "../../../ottl/parameters.ts";
import { mergeExponentialBuckets } from "./merge-exponential-buckets.ts";

/** Joins numbers to one. */
const AGGREGATIONS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  mean: (values) => values.reduce((total, value) => total + value, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  median,
  count: (values) => values.length,
};

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function aggregationOf(name: string): (values: readonly number[]) => number {
  const found = AGGREGATIONS[name];
  if (found !== undefined) return found;
  throw new OttlError(
    `invalid aggregation function: '${name}', valid options: ${Object.keys(AGGREGATIONS).join(", ")}`,
  );
}

export const aggregateOnAttributes: FunctionDefinition = defineEditor(
  "aggregate_on_attributes",
  { aggregationFunction: text, attributes: optional(listOf(text)) },
  (args) => {
    const aggregation = aggregationOf(args.aggregationFunction);
    return (context) => {
      const metric = context.record;
      if (dataOf(metric) === "summary") {
        throw new OttlError("aggregate_on_attributes does not support aggregating Summary metrics");
      }
      const kept = args.attributes === undefined ? undefined : new Set(args.attributes);
      if (kept !== undefined) for (const point of pointsOf(metric)) point.attributes().retain((key) => kept.has(key));
      joinPoints(metric, aggregation);
      context.changes++;
    };
  },
);

export const aggregateOnAttributeValue: FunctionDefinition = defineEditor(
  "aggregate_on_attribute_value",
  { aggregationFunction: text, attribute: text, values: listOf(text), newValue: text },
  (args) => {
    const aggregation = aggregationOf(args.aggregationFunction);
    return (context) => {
      const metric = context.record;
      for (const point of pointsOf(metric)) {
        const before = point.attributes().get(args.attribute);
        if (typeof before === "string" && args.values.includes(before))
          point.attributes().set(args.attribute, args.newValue);
      }
      joinPoints(metric, aggregation);
      context.changes++;
    };
  },
);

function joinPoints(metric: MessageView, aggregation: (values: readonly number[]) => number): void {
  const data = dataOf(metric);
  if (data === undefined || data === "summary") return;
  const holder = metric.one(data);
  const isDelta = data !== "gauge" && holder.get("aggregationTemporality") === 1;
  // what makes points equal --> points
  const groups = new Map<string, MessageView[]>();
  for (const point of pointsOf(metric)) {
    const key = keyOf(point, isDelta);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [point]);
    else group.push(point);
  }
  const joined = [...groups.values()].map((points) => {
    if (points.length === 1 && data !== "gauge" && data !== "sum") return points[0]!;
    if (data === "gauge" || data === "sum") return joinNumbers(points, aggregation);
    return joinHistograms(points, data === "exponentialHistogram");
  });
  holder.setMany("dataPoints", joined);
}

function keyOf(point: MessageView, isDelta: boolean): string {
  const parts = [goJson(point.attributes()), point.get("timeUnixNano"), point.get("flags")];
  if (isDelta) parts.push(point.get("startTimeUnixNano"));
  for (const field of ["explicitBounds", "scale"]) {
    if (point.type.byName[field] !== undefined) parts.push(String(point.get(field)));
  }
  for (const field of ["asInt", "asDouble", "min", "max"]) {
    if (point.type.byName[field] !== undefined) parts.push(point.has(field));
  }
  return parts.map(String).join("\0");
}

function joinNumbers(points: readonly MessageView[], aggregation: (values: readonly number[]) => number): MessageView {
  const [first] = points as [MessageView];
  const isInt = first.get("asInt") !== undefined;
  const values = points.map((point) => Number(point.get(isInt ? "asInt" : "asDouble") ?? 0));
  const result = aggregation(values);
  if (isInt) first.set("asInt", truncated(result));
  else first.set("asDouble", result);
  setEarliestStart(first, points);
  return first;
}

function setEarliestStart(first: MessageView, points: readonly MessageView[]): void {
  const starts = points.map((point) => point.get("startTimeUnixNano") as bigint);
  first.set(
    "startTimeUnixNano",
    starts.reduce((least, one) => (one < least ? one : least)),
  );
}

function joinHistograms(points: readonly MessageView[], isExponential: boolean): MessageView {
  const [first, ...others] = points as [MessageView, ...MessageView[]];
  const counted = others.filter((point) => (point.get("count") as bigint) > 0n);
  for (const point of counted) {
    first.set("count", (first.get("count") as bigint) + (point.get("count") as bigint));
    const sums = [first.get("sum"), point.get("sum")] as (number | undefined)[];
    first.set("sum", sums[0] === undefined || sums[1] === undefined ? undefined : sums[0] + sums[1]);
    setExtreme(first, point, "min", Math.min);
    setExtreme(first, point, "max", Math.max);
    if (isExponential) joinExponential(first, point);
    else addCounts(first, point);
    first.setMany("exemplars", [...first.many("exemplars"), ...point.many("exemplars")]);
  }
  setEarliestStart(first, [first, ...counted]);
  return first;
}

function setExtreme(
  first: MessageView,
  point: MessageView,
  field: "min" | "max",
  choose: (a: number, b: number) => number,
): void {
  const own = first.get(field) as number | undefined;
  const other = point.get(field) as number | undefined;
  if (own !== undefined && other !== undefined) first.set(field, choose(own, other));
}

function addCounts(first: MessageView, point: MessageView): void {
  const other = point.get("bucketCounts") as bigint[];
  const own = first.get("bucketCounts") as bigint[];
  first.set(
    "bucketCounts",
    own.map((count, i) => count + (other[i] ?? 0n)),
  );
}

function joinExponential(first: MessageView, point: MessageView): void {
  first.set("zeroCount", (first.get("zeroCount") as bigint) + (point.get("zeroCount") as bigint));
  for (const side of ["positive", "negative"]) mergeExponentialBuckets(first.one(side), point.one(side));
}
