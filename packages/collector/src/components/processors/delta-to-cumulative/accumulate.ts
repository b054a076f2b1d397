/** Adds a delta data point to what a stream had: by the rules of each kind of point. */
import { MessageView } from "@clew/otlp";
import { bucketsOf, coarsened, sum, type Buckets } from "../../../metrics/exponential-buckets.ts";

/** More buckets than this are joined by a lower scale. */
const MAX_BUCKETS = 160;

/** A new point: `total` with `delta` added. Its start is that of `total`, its time and exemplars those of `delta`. */
export function accumulated(total: MessageView, delta: MessageView): MessageView {
  const point = new MessageView(delta.type, delta.bytes());
  point.set("startTimeUnixNano", total.get("startTimeUnixNano"));
  switch (delta.type.name) {
    case "NumberDataPoint":
      addNumber(point, total);
      break;
    case "HistogramDataPoint":
      addHistogram(point, total);
      break;
    default:
      addExponential(point, total);
  }
  return point;
}

function addNumber(point: MessageView, total: MessageView): void {
  const [a, b] = [total.get("asInt"), point.get("asInt")];
  if (typeof a === "bigint" && typeof b === "bigint") point.set("asInt", a + b);
  else point.set("asDouble", numberOf(total) + numberOf(point));
}

function numberOf(point: MessageView): number {
  return Number(point.get("asDouble") ?? point.get("asInt") ?? 0);
}

/** Where the bounds changed, what was before is lost: the point stands for itself. */
function addHistogram(point: MessageView, total: MessageView): void {
  const [counts, before] = [point.get("bucketCounts") as bigint[], total.get("bucketCounts") as bigint[]];
  const [bounds, boundsBefore] = [point.get("explicitBounds") as number[], total.get("explicitBounds") as number[]];
  if (counts.length !== before.length || bounds.some((bound, i) => bound !== boundsBefore[i])) return;
  point.set(
    "bucketCounts",
    counts.map((one, i) => one + before[i]!),
  );
  addTotals(point, total);
}

function addExponential(point: MessageView, total: MessageView): void {
  const scales = [Number(total.get("scale")), Number(point.get("scale"))] as const;
  const zeros = [Number(total.get("zeroThreshold")), Number(point.get("zeroThreshold"))] as const;
  const zero = Math.max(...zeros);
  let zeroCount = (total.get("zeroCount") as bigint) + (point.get("zeroCount") as bigint);
  let scale = Math.min(...scales);
  const signs = (["positive", "negative"] as const).map((sign) => {
    const parts = [total, point].map((one, i) => {
      let own = bucketsOf(one, sign);
      if (zero > zeros[i]!) {
        const { kept, below } = own.above(zero, scales[i]!);
        own = kept;
        zeroCount += below;
      }
      return coarsened(own, scales[i]! - scale);
    });
    return { sign, buckets: sum(parts[0]!, parts[1]!) };
  });
  const steps = Math.max(...signs.map(({ buckets }) => stepsToFit(buckets)));
  scale -= steps;
  for (const { sign, buckets } of signs) {
    const { offset, counts } = coarsened(buckets, steps);
    if (counts.length === 0 && !point.has(sign)) continue;
    point.one(sign).set("offset", offset);
    point.one(sign).set("bucketCounts", counts);
  }
  point.set("scale", scale);
  point.set("zeroThreshold", zero);
  point.set("zeroCount", zeroCount);
  addTotals(point, total);
}

function stepsToFit(buckets: Buckets): number {
  let steps = 0;
  while (coarsened(buckets, steps).counts.length > MAX_BUCKETS) steps++;
  return steps;
}

function addTotals(point: MessageView, total: MessageView): void {
  point.set("count", (point.get("count") as bigint) + (total.get("count") as bigint));
  const [sumNow, sumBefore] = [point.get("sum"), total.get("sum")];
  point.set("sum", typeof sumNow === "number" && typeof sumBefore === "number" ? sumNow + sumBefore : undefined);
  for (const [name, pick] of [
    ["min", Math.min],
    ["max", Math.max],
  ] as const) {
    const [now, before] = [point.get(name), total.get(name)];
    point.set(name, typeof now === "number" && typeof before === "number" ? pick(now, before) : undefined);
  }
}
