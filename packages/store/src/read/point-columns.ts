/** Points of many series in columns, as the engine gives them: each series is a run of rows. */
import type { MillisWindow } from "./millis-window.ts";
import { NativeColumns } from "./native-columns.ts";

/** How points are asked for: times as distances from `epochMs`, which fit 32 bits, in windows of up to 49 days. */
export interface PointEncoding {
  readonly epochMs: number;
  readonly isShort: boolean;
  readonly hasStarts: boolean;
}

const HEAD_COLUMNS = 4;

export function pointEncoding({ startMs, endMs }: MillisWindow, hasStarts: boolean): PointEncoding {
  return { epochMs: Math.floor(startMs), isShort: startMs >= 0 && endMs - startMs < 2 ** 32 - 1, hasStarts };
}

/** What every table of points is asked for first. Rows are in the order of the table. */
export function pointHead({ epochMs, isShort, hasStarts }: PointEncoding): string {
  const time = "toUnixTimestamp64Milli(Timestamp)";
  return [
    "Fingerprint",
    isShort ? `toUInt32(${time} - ${epochMs})` : time,
    hasStarts ? "toFloat64(toUnixTimestamp64Milli(StartTimestamp))" : "toUInt8(0)",
    "toUInt8(bitAnd(Flags, 1))",
  ].join(", ");
}

/** Rows `start <= row < end` of one series, by ascending time. */
export interface PointRun {
  /** The series' `StoredSeries.key`. One whose points stand in two places has two runs. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

export interface PointColumns {
  readonly runs: readonly PointRun[];
  readonly timestampsMs: Float64Array;
  /** When the counting of each point began, 0 where the sender did not tell; absent where nobody asked. */
  readonly startsMs: Float64Array | undefined;
  /** 1 where the series has ended: a point without a value. */
  readonly stale: Uint8Array;
}

export interface NumberColumns extends PointColumns {
  readonly values: Float64Array;
  /** How many samples each value is the mean of; absent where each is one. */
  readonly sampleCounts: Float64Array | undefined;
}

/** Rows with one time stay, all of them, in the order in which they stand. */
export interface HistogramColumns extends PointColumns {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  /** 1 where there is a sum. */
  readonly hasSum: Uint8Array;
  /** Row `i` has the elements from `ends[i - 1]` to `ends[i]` of each array. */
  readonly bucketEnds: Uint32Array;
  readonly bucketCounts: Float64Array;
  readonly boundEnds: Uint32Array;
  readonly bounds: Float64Array;
}

export function numberColumns(
  chunks: readonly Buffer[],
  encoding: PointEncoding,
  hasSampleCounts: boolean,
): NumberColumns {
  const columns = new NativeColumns(chunks);
  return {
    ...pointColumns(columns, encoding),
    values: columns.floatsOf(HEAD_COLUMNS),
    sampleCounts: hasSampleCounts ? columns.floatsOf(HEAD_COLUMNS + 1) : undefined,
  };
}

export function histogramColumns(chunks: readonly Buffer[], encoding: PointEncoding): HistogramColumns {
  const columns = new NativeColumns(chunks);
  return {
    ...pointColumns(columns, encoding),
    counts: columns.integersOf(HEAD_COLUMNS),
    sums: columns.floatsOf(HEAD_COLUMNS + 1),
    hasSum: columns.bytesOf(HEAD_COLUMNS + 2),
    bucketEnds: columns.endsOf(HEAD_COLUMNS + 3),
    bucketCounts: columns.integersOf(HEAD_COLUMNS + 3),
    boundEnds: columns.endsOf(HEAD_COLUMNS + 4),
    bounds: columns.floatsOf(HEAD_COLUMNS + 4),
  };
}

function pointColumns(columns: NativeColumns, { epochMs, isShort, hasStarts }: PointEncoding): PointColumns {
  return {
    runs: runsOf(columns.wordsOf(0)),
    timestampsMs: isShort ? columns.shiftedOf(1, epochMs) : columns.integersOf(1),
    startsMs: hasStarts ? columns.floatsOf(2) : undefined,
    stale: columns.bytesOf(3),
  };
}

function runsOf(fingerprints: Uint32Array): PointRun[] {
  const runs: PointRun[] = [];
  const rows = fingerprints.length / 2;
  const bytes = Buffer.from(fingerprints.buffer);
  let start = 0;
  for (let row = 1; row <= rows; row++) {
    const isSame =
      row < rows &&
      fingerprints[2 * row] === fingerprints[2 * start] &&
      fingerprints[2 * row + 1] === fingerprints[2 * start + 1];
    if (isSame) continue;
    runs.push({ key: bytes.toString("latin1", 8 * start, 8 * start + 8), start, end: row });
    start = row;
  }
  return runs;
}
