/** One cumulative data point less the one before: by the rules of each kind of point. */
import type { MessageView } from "@clew/otlp";
import { bucketsOf, coarsened, difference, type Buckets } from "../../../metrics/exponential-buckets.ts";

/** What a stream had at its last point. Points are not changed afterwards. */
export interface Last {
  readonly point: MessageView;
  readonly timeUnixNano: bigint;
  /** When it was seen, by our clock. */
  readonly seenMs: number;
}

/** Why a point has no delta. */
export type NoDelta = "reset" | "bucket_mismatch";

/** Makes `point` what came since `last`. Returns why that cannot be, in which case it is not changed. */
export function subtract(point: MessageView, last: MessageView): NoDelta | undefined {
  switch (point.type.name) {
    case "NumberDataPoint":
      return subtractNumber(point, last);
    case "HistogramDataPoint":
      return subtractHistogram(point, last);
    default:
      return subtractExponential(point, last);
  }
}

function subtractNumber(point: MessageView, last: MessageView): NoDelta | undefined {
  const [now, before] = [point.get("asInt"), last.get("asInt")];
  if (typeof now === "bigint" && typeof before === "bigint") {
    if (now < before) return "reset";
    point.set("asInt", now - before);
    return undefined;
  }
  const [value, previous] = [numberOf(point), numberOf(last)];
  if (value < previous) return "reset";
  point.set("asDouble", value - previous);
  return undefined;
}

function numberOf(point: MessageView): number {
  return Number(point.get("asDouble") ?? point.get("asInt") ?? 0);
}

/** A histogram whose count fell was reset: the point is then all that came since. */
function subtractHistogram(point: MessageView, last: MessageView): NoDelta | undefined {
  const [counts, before] = [list(point, "bucketCounts"), list(last, "bucketCounts")];
  const [bounds, boundsBefore] = [list(point, "explicitBounds"), list(last, "explicitBounds")];
  if (counts.length !== before.length || bounds.some((bound, i) => bound !== boundsBefore[i])) return "bucket_mismatch";
  if (count(point, "count") >= count(last, "count")) {
    point.set("count", count(point, "count") - count(last, "count"));
    point.set(
      "bucketCounts",
      counts.map((one, i) => (one as bigint) - (before[i] as bigint)),
    );
    subtractSum(point, last);
  }
  forgetExtremes(point);
  return undefined;
}

function subtractExponential(point: MessageView, last: MessageView): NoDelta | undefined {
  const [scale, scaleBefore] = [Number(point.get("scale")), Number(last.get("scale"))];
  const [zero, zeroBefore] = [Number(point.get("zeroThreshold")), Number(last.get("zeroThreshold"))];
  if (count(point, "count") < count(last, "count") || zero < zeroBefore || scale > scaleBefore) return "reset";
  let zeroCountBefore = count(last, "zeroCount");
  for (const sign of ["positive", "negative"] as const) {
    let before = bucketsOf(last, sign);
    if (zero > zeroBefore) {
      const { kept, below } = before.above(zero, scaleBefore);
      before = kept;
      zeroCountBefore += below;
    }
    setBuckets(point, sign, difference(bucketsOf(point, sign), coarsened(before, scaleBefore - scale)));
  }
  point.set("zeroCount", count(point, "zeroCount") - zeroCountBefore);
  point.set("count", count(point, "count") - count(last, "count"));
  subtractSum(point, last);
  forgetExtremes(point);
  return undefined;
}

function setBuckets(point: MessageView, sign: "positive" | "negative", { offset, counts }: Buckets): void {
  if (counts.length === 0 && !point.has(sign)) return;
  const view = point.one(sign);
  view.set("offset", offset);
  view.set("bucketCounts", counts);
}

function subtractSum(point: MessageView, last: MessageView): void {
  const [sum, before] = [point.get("sum"), last.get("sum")];
  if (typeof sum === "number" && typeof before === "number") point.set("sum", sum - before);
}

/** They were those of the whole stream. */
function forgetExtremes(point: MessageView): void {
  for (const name of ["min", "max"]) if (point.has(name)) point.set(name, undefined);
}

function list(point: MessageView, name: string): readonly (number | bigint | string)[] {
  return point.get(name) as readonly (number | bigint)[];
}

function count(point: MessageView, name: string): bigint {
  return point.get(name) as bigint;
}
