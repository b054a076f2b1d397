/** The statements that make a day's rollups of what is stored of it. */
import { EDGES, rollupTable } from "../schema/rollups.ts";
import type { Resolution } from "./resolutions.ts";

/** A day of one raw table, to be rolled up. */
export interface RollupTask {
  readonly table: string;
  /** Midnight, UTC. */
  readonly dayMs: number;
  readonly resolution: Resolution;
  /** Which life of the day it is, from 1 on: late samples that come after its removal begin another. */
  readonly generation: number;
  /** Of a later life of the day, which late samples began, only these: what the neighbours have was rolled up with them. */
  readonly isLate: boolean;
  /** How many rows the day has. */
  readonly rawRows: number;
}

const DAY_MS = 86_400_000;
/** Delta points with other bounds in one window are told apart by their times, which are by less than this before its end. */
const DELTA_TIMES_MS = 1_000;
const NO_VALUE = "bitAnd(Flags, 1) != 0";
const TIME_MS = "toUnixTimestamp64Milli(Timestamp)";
/** Rows come in the table's order, so that a group is finished, and its memory free, as soon as the next begins. Queries and inserts go first. */
const SETTINGS =
  "SETTINGS optimize_aggregation_in_order = 1, max_threads = 1, max_insert_threads = 1, priority = 3, insert_deduplicate = 0, distributed_product_mode = 'local', parallel_distributed_insert_select = 0";
/** One statement takes so many rows, since a cluster's samples are put together on one node. */
const ROWS_A_STATEMENT = 4_000_000;
const MOST_STATEMENTS = 256;

const DISTRIBUTION = "Count Sum Min Max Has";
const POINT_COLUMNS: Readonly<Record<string, string>> = {
  metric_histograms: `${DISTRIBUTION} BucketCounts ExplicitBounds`,
  metric_exponential_histograms: `${DISTRIBUTION} Scale ZeroCount ZeroThreshold PositiveOffset PositiveBucketCounts NegativeOffset NegativeBucketCounts`,
  metric_summaries: "Count Sum Quantiles QuantileValues",
};

/** Each comes to the same when it runs twice. */
export function rollUpStatements(task: RollupTask): string[] {
  return portionsOf(task).flatMap((portion) => statementsOf(portion));
}

/** A part of the day in the order of its table. */
interface Portion extends RollupTask {
  /** Decimal digits, both included. */
  readonly localities: readonly [string, string];
}

function portionsOf(task: RollupTask): Portion[] {
  const count = BigInt(Math.min(Math.max(1, Math.ceil(task.rawRows / ROWS_A_STATEMENT)), MOST_STATEMENTS));
  const all = 2n ** 64n;
  return Array.from({ length: Number(count) }, (_unused, i) => {
    const at = (part: bigint): bigint => (all * part) / count;
    return { ...task, localities: [`${at(BigInt(i))}`, `${at(BigInt(i + 1)) - 1n}`] };
  });
}

function statementsOf(task: Portion): string[] {
  if (task.table === "metric_samples") return [rollUpSamples(task)];
  if (task.table === "metric_summaries") return [rollUpCumulative(task, "1")];
  if (task.table === "metric_exponential_histograms")
    return [rollUpCumulative(task, `NOT ${IS_DELTA}`), copyDelta(task)];
  return [rollUpCumulative(task, `NOT ${IS_DELTA}`), addUpDelta(task)];
}

const IS_DELTA = "Fingerprint IN (SELECT Fingerprint FROM metric_series WHERE AggregationTemporality = 1)";
/** Of gauges nobody asks what they lost by falling. */
const MAY_COUNT = "Fingerprint IN (SELECT Fingerprint FROM metric_series WHERE IsMonotonic = 1 OR notEmpty(Metadata))";

/** As PromQL sees it: `next` is less than `point`, or its counting began after it. Tuples of time, value and start. */
const BEGINS_ANEW = `next.2 < point.2 OR (next.3 != 0 AND next.3 < next.1
         AND (next.3 > point.1 OR (next.3 = point.1 AND point.3 != 0 AND point.3 < point.1)))`;

function rollUpSamples(task: Portion): string {
  const startMs = "toUnixTimestamp(WindowStart) * 1000";
  return `INSERT INTO ${rollupTable(task.table, task.resolution.name)}
   (Locality, Fingerprint, WindowStart, Generation, Count, FirstMs, First, LastMs, Last, Edges, OtherMin, OtherMax, Sum, Dropped, Resets,
    FirstStartTimestamp, LastStartTimestamp, EndedMs)
   SELECT Locality, Fingerprint, WindowStart, ${task.generation}, length(points),
     if(empty(points), 0, points[1].1 - ${startMs}), first, if(empty(points), 0, points[-1].1 - ${startMs}), last,
     bitOr(if(least = least(first, last), ${EDGES.min}, 0), if(greatest = greatest(first, last), ${EDGES.max}, 0)),
     if(least = least(first, last), 0, least), if(greatest = greatest(first, last), 0, greatest), arraySum(values),
     arraySum(beforeResets), length(beforeResets),
     fromUnixTimestamp64Milli(points[1].3), fromUnixTimestamp64Milli(points[-1].3),
     if(endedAt > if(empty(points), 0, points[-1].1), endedAt - ${startMs}, 0)
   FROM (
     SELECT Locality, Fingerprint, ${windowStart(task)} AS WindowStart,
       arraySort(groupArrayIf((${TIME_MS}, Value, toUnixTimestamp64Milli(StartTimestamp)), NOT ${NO_VALUE})) AS all,
       arrayFilter((point, next) -> point.1 != next.1, all, arrayPushBack(arrayPopFront(all), (toInt64(-1), 0., toInt64(0)))) AS points,
       points.2 AS values, values[1] AS first, values[-1] AS last, arrayMin(values) AS least, arrayMax(values) AS greatest,
       if(${MAY_COUNT}, arrayFilter((_, point, next) -> ${BEGINS_ANEW}, arrayPopBack(values), arrayPopBack(points), arrayPopFront(points)), []) AS beforeResets,
       maxIf(${TIME_MS}, ${NO_VALUE}) AS endedAt
     FROM metric_samples WHERE ${ofDay(task)}
     GROUP BY Locality, Fingerprint, WindowStart
   ) ${SETTINGS}`;
}

/** The first and the last point of each window, and those before and behind a reset. */
function rollUpCumulative(task: Portion, condition: string): string {
  const columns = `Timestamp StartTimestamp Flags ${POINT_COLUMNS[task.table]}`.split(" ");
  const count = columns.indexOf("Count") + 1;
  const isAnew = (point: string, before: string): string =>
    `${point}.${count} < ${before}.${count} OR ${point}.2 != ${before}.2`;
  const shifted = {
    before: "arrayPushFront(arrayPopBack(points), points[1])",
    after: "arrayPushBack(arrayPopFront(points), points[-1])",
  };
  return `INSERT INTO ${rollupTable(task.table, task.resolution.name)} (Locality, Fingerprint, ${columns.join(", ")}, Generation, Version)
   SELECT Locality, Fingerprint, ${columns.map((_column, i) => `point.${i + 1}`).join(", ")}, 0, 0
   FROM (
     SELECT Locality, Fingerprint, ${windowStart(task)} AS WindowStart,
       arraySort(point -> point.1, groupArray((${columns.join(", ")}))) AS points,
       arrayFilter((point, before, after, i) -> i = 1 OR i = length(points) OR ${isAnew("point", "before")} OR ${isAnew("after", "point")},
         points, ${shifted.before}, ${shifted.after}, arrayEnumerate(points)) AS kept
     FROM ${task.table} WHERE ${ofDay(task)} AND ${condition}
     GROUP BY Locality, Fingerprint, WindowStart
   ) ARRAY JOIN kept AS point ${SETTINGS}`;
}

/** One histogram for all deltas of a window that have the same bounds. */
function addUpDelta(task: Portion): string {
  const layout = "ExplicitBounds, Has";
  const end = `toUnixTimestamp(WindowStart) * 1000 + ${task.resolution.seconds * 1_000}`;
  return `INSERT INTO ${rollupTable(task.table, task.resolution.name)}
   (Locality, Fingerprint, Timestamp, StartTimestamp, Flags, Count, Sum, Min, Max, Has, BucketCounts, ExplicitBounds, Generation, Version)
   SELECT Locality, Fingerprint, fromUnixTimestamp64Milli(toInt64(${end} - cityHash64(${layout}) % ${DELTA_TIMES_MS})),
     min(StartTimestamp), 0, sum(Count), sum(Sum), min(Min), max(Max), Has, sumForEach(BucketCounts), ExplicitBounds, ${task.generation}, count()
   FROM metric_histograms WHERE ${ofDay(task)} AND NOT ${NO_VALUE} AND ${IS_DELTA}
   GROUP BY Locality, Fingerprint, ${windowStart(task)} AS WindowStart, ${layout} ${SETTINGS}`;
}

/** Each delta of an exponential histogram has a scale of its own: they stay what they are. */
function copyDelta(task: Portion): string {
  const columns = `Locality Fingerprint Timestamp StartTimestamp Flags ${POINT_COLUMNS[task.table]}`
    .split(" ")
    .join(", ");
  return `INSERT INTO ${rollupTable(task.table, task.resolution.name)} (${columns}, Generation, Version)
   SELECT ${columns}, 0, 0 FROM ${task.table} WHERE ${ofDay(task)} AND ${IS_DELTA} ${SETTINGS}`;
}

function windowStart({ resolution: { seconds } }: RollupTask): string {
  return `toDateTime(intDiv(${TIME_MS} - 1, ${seconds * 1_000}) * ${seconds})`;
}

/** Windows are open at their start, so the day's last has the first millisecond of the next day. */
function ofDay({ dayMs, isLate, localities: [first, last] }: Portion): string {
  const [start, end] = isLate ? [dayMs, dayMs + DAY_MS] : [dayMs + 1, dayMs + DAY_MS + 1];
  return `Timestamp >= fromUnixTimestamp64Milli(toInt64(${start})) AND Timestamp < fromUnixTimestamp64Milli(toInt64(${end}))
       AND Locality >= ${first} AND Locality <= ${last}`;
}
