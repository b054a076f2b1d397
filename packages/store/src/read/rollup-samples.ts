/**
 * Rollups of numbers as the samples that PromQL's functions come to the right result with: the first and the last of each window, what
 * a counter had before its resets, or one sample with the window's mean, least or greatest value (docs/adr/0021-rollups.md).
 */
import { rollupTable } from "../schema/rollups.ts";
import type { PointUse, RolledWindow } from "./rollup-plan.ts";

/** Closer than this no samples are made up, however short a range is. */
const LEAST_SPACING_MS = 15_000;
/** Functions of differences: between two values that are known, a counter is taken to grow evenly. */
const OF_DIFFERENCES = new Set("rate increase irate delta idelta deriv predict_linear".split(" "));
const OF_COUNTERS = new Set("rate increase irate resets".split(" "));

/**
 * Each of a time in milliseconds from the window's start, a value, when its counting began, whether the series ended there, and how many
 * samples it is the mean of.
 */
type SqlTuples = string;

/**
 * A query for samples in `(startMs, endMs]`, in the columns `Locality, Fingerprint, Timestamp, StartTimestamp, Flags, Value,
 * Samples`. `deltas` are fingerprints: those have the first, and the sum of the others at the time of the last.
 */
export function rollupSamplesQuery(
  { resolution, startMs, endMs }: RolledWindow,
  ofSeries: string,
  deltas: readonly string[],
  use: PointUse | undefined,
): string {
  const widthMs = resolution.seconds * 1_000;
  const spacingMs = spacingFor(use, widthMs);
  const timesBetween = spacingMs < widthMs ? timesEvery(spacingMs) : undefined;
  const plain = samplesOf(timesBetween, use);
  const samples =
    deltas.length === 0 ? plain : `if(Fingerprint IN (${deltas.join(",")}), ${sums(timesBetween)}, ${plain})`;
  const start = "toUnixTimestamp(WindowStart) * 1000";
  return `SELECT Locality, Fingerprint, fromUnixTimestamp64Milli(toInt64(${start} + sample.1)) AS Timestamp,
     sample.3 AS StartTimestamp, toUInt32(sample.4) AS Flags, sample.2 AS Value, sample.5 AS Samples
   FROM (
     SELECT Locality, Fingerprint, WindowStart, Count, FirstMs, First, LastMs, Last, Min, Max, Sum, Dropped, Resets, FirstStartTimestamp, LastStartTimestamp, EndedMs
     FROM ${rollupTable("metric_samples", resolution.name)}
     WHERE ${ofSeries} AND WindowStart > toDateTime(${Math.max(0, Math.floor((startMs - widthMs) / 1_000))}) AND WindowStart < toDateTime(${Math.ceil(endMs / 1_000)})
     ORDER BY Locality, Fingerprint, WindowStart, Generation, Count DESC LIMIT 1 BY Locality, Fingerprint, WindowStart, Generation
   ) ARRAY JOIN arrayConcat(if(Count = 0, [], ${samples}), if(EndedMs = 0, [], [${tuple("EndedMs", "0", { isEnd: "1" })}])) AS sample
   WHERE ${start} + sample.1 > ${Math.floor(startMs)} AND ${start} + sample.1 <= ${Math.floor(endMs)}`;
}

/** Of deltas. */
function sums(timesBetween: string | undefined): SqlTuples {
  const times = timesWithLast(timesBetween);
  const others = `arrayMap(at -> ${tuple("at", `(Sum - First) / length(${times})`)}, ${times})`;
  return `arrayConcat([${tuple("FirstMs", "First", { start: "FirstStartTimestamp" })}], if(Count > 1, ${others}, []))`;
}

function samplesOf(timesBetween: string | undefined, use: PointUse | undefined): SqlTuples {
  const func = use === undefined || use.rangeMs === 0 ? "" : use.func;
  switch (func) {
    case "avg_over_time":
    case "count_over_time":
      return spread(timesBetween, (times) => ({ value: "Sum / Count", samples: `Count / ${times}` }));
    case "sum_over_time":
      return spread(timesBetween, (times) => ({ value: `Sum / ${times}` }));
    case "min_over_time":
    case "ts_of_min_over_time":
      return spread(timesBetween, () => ({ value: "Min" }));
    case "max_over_time":
    case "ts_of_max_over_time":
      return spread(timesBetween, () => ({ value: "Max" }));
    default:
      return edges(timesBetween, func);
  }
}

/** How far apart samples may be to be seen: a range as long as a row, or longer, sees rows themselves. */
function spacingFor(use: PointUse | undefined, widthMs: number): number {
  if (use === undefined || use.rangeMs >= widthMs) return Infinity;
  return Math.max(Math.floor(use.rangeMs > 0 ? use.rangeMs / 2 : use.lookbackMs), LEAST_SPACING_MS);
}

/** When, of a window with resets, the last of them was: where the start of counting tells. */
const RESET_MS =
  "greatest(toInt64(FirstMs) + 1, least(toInt64(LastMs) - 2, toUnixTimestamp64Milli(LastStartTimestamp) - toUnixTimestamp(WindowStart) * 1000))";

/** The first, the last, and between them, where they are too far apart to be seen, more. All resets of a window are one, to zero. */
function edges(timesBetween: string | undefined, func: string): SqlTuples {
  const start = "FirstStartTimestamp";
  const first = tuple("FirstMs", "First", { start });
  const last = tuple("LastMs", "Last");
  const filled = (value: string, when = "1", of = "LastStartTimestamp"): SqlTuples =>
    timesBetween === undefined
      ? "[]"
      : `arrayMap(at -> ${tuple("at", value, { start: of })}, arrayFilter(at -> ${when}, ${timesBetween}))`;
  const between = OF_DIFFERENCES.has(func) ? "First + (Last - First) * (at - FirstMs) / (LastMs - FirstMs)" : "First";
  const plain = `arrayConcat([${first}], ${filled(between)}, if(Count > 1, [${last}], []))`;
  if (!OF_COUNTERS.has(func)) return plain;
  const before = filled(
    `First + (Dropped - First) * (at - FirstMs) / (${RESET_MS} - FirstMs)`,
    `at < ${RESET_MS}`,
    start,
  );
  const reset = [tuple(RESET_MS, "Dropped", { start }), tuple(`${RESET_MS} + 1`, "0")].join(", ");
  const after = filled(`Last * (at - ${RESET_MS} - 1) / (LastMs - ${RESET_MS} - 1)`, `at > ${RESET_MS} + 1`);
  return `if(Resets > 0, arrayConcat([${first}], ${before}, [${reset}], ${after}, [${last}]), ${plain})`;
}

/** One sample for all, at the time of the last; or several, where a range may be too short to see that, of which each has its share. */
function spread(
  timesBetween: string | undefined,
  shareOf: (times: string) => { readonly value: string; readonly samples?: string },
): SqlTuples {
  const times = timesWithLast(timesBetween);
  const { value, samples = "1" } = shareOf(timesBetween === undefined ? "1" : `length(${times})`);
  return `arrayMap(at -> ${tuple("at", value, { samples })}, ${times})`;
}

function timesWithLast(timesBetween: string | undefined): string {
  return timesBetween === undefined ? "[toInt64(LastMs)]" : `arrayPushBack(${timesBetween}, toInt64(LastMs))`;
}

function timesEvery(spacingMs: number): string {
  return `arrayMap(i -> toInt64(FirstMs + i * ${spacingMs}), range(1, toUInt32(intDiv(toInt64(LastMs) - FirstMs - 1, ${spacingMs}) + 1)))`;
}

function tuple(
  timeMs: string,
  value: string,
  { start = "LastStartTimestamp", isEnd = "0", samples = "1" } = {},
): string {
  return `(toInt64(${timeMs}), toFloat64(${value}), ${start}, toUInt8(${isEnd}), toFloat64(${samples}))`;
}
