import type { MessageView } from "@clew/otlp";
import { defineEditor, type FunctionDefinition } from "../../../ottl/function-definition.ts";
import { fmtFloat } from "../../../ottl/format/fmt.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import { floatLike, optional, text } from "../../../ottl/parameters.ts";

const METHODS = ["remove_explicit_bound", "limit_buckets"];
const CLOSE = 1e-12;

/** Joins buckets of a histogram's point: two at a bound that is taken away, or neighbours until few enough are left. */
export const mergeHistogramBuckets: FunctionDefinition = defineEditor(
  "merge_histogram_buckets",
  { targetValue: floatLike, method: optional(text) },
  (args) => {
    const method = args.method ?? METHODS[0]!;
    if (!METHODS.includes(method)) {
      throw new OttlError(`unsupported method "${method}", expected "${METHODS[0]}" or "${METHODS[1]}"`);
    }
    const isLimit = method === METHODS[1];
    if (args.targetValue.constant !== undefined) checkTarget(args.targetValue.constant.value, isLimit);
    return (context) => {
      const point = context.item;
      if (point.type.name !== "HistogramDataPoint") return;
      const target = checkTarget(args.targetValue(context), isLimit);
      const bounds = point.get("explicitBounds") as readonly number[];
      const counts = point.get("bucketCounts") as readonly bigint[];
      if (bounds.length + 1 !== counts.length || counts.length === 1) return;
      if (isLimit) limitBuckets(point, bounds, counts, target);
      else removeBound(point, bounds, counts, target);
      context.changes++;
    };
  },
);

function checkTarget(target: number | undefined, isLimit: boolean): number {
  if (target === undefined) throw new OttlError("target_value must not be nil");
  if (!isLimit || (target >= 1 && Number.isSafeInteger(target))) return target;
  throw new OttlError(
    `target_value must be a positive integer when method is "limit_buckets", got ${fmtFloat(target)}`,
  );
}

function removeBound(point: MessageView, bounds: readonly number[], counts: readonly bigint[], target: number): void {
  const at = bounds.findIndex((bound) => Math.abs(bound - target) < CLOSE);
  if (at < 0) return;
  point.set("explicitBounds", bounds.toSpliced(at, 1));
  point.set("bucketCounts", counts.toSpliced(at, 2, counts[at]! + counts[at + 1]!));
}

function limitBuckets(point: MessageView, bounds: readonly number[], counts: readonly bigint[], most: number): void {
  if (counts.length <= most || bounds.some((bound, i) => i > 0 && !(bound > bounds[i - 1]!))) return;
  const size = Math.ceil(counts.length / most);
  const joined: bigint[] = [];
  for (let i = 0; i < counts.length; i += size) {
    joined.push(counts.slice(i, i + size).reduce((total, count) => total + count, 0n));
  }
  point.set(
    "explicitBounds",
    bounds.filter((_, i) => i % size === size - 1),
  );
  point.set("bucketCounts", joined);
}
