/** Checks a series' labels where they stand in the request, and tells them apart without making texts of them. */
import { isUtf8 } from "node:buffer";
import { Labels, METRIC_NAME } from "@clew/query";
import type { LabelRanges } from "./request-series.ts";

const NAME_LABEL = Buffer.from(METRIC_NAME);

/** Where the metric's name starts in the ranges of a series' labels; -1 where it has none. */
export function nameAt(bytes: Buffer, labels: LabelRanges): number {
  for (let i = 0; i < labels.length; i += 4) if (isMetricName(bytes, labels, i)) return i;
  return -1;
}

/** Whether the label that starts at `at` is the metric's name. */
export function isMetricName(bytes: Buffer, labels: LabelRanges, at: number): boolean {
  const start = labels[at]!;
  const end = labels[at + 1]!;
  if (end - start !== NAME_LABEL.length || bytes[start] !== NAME_LABEL[0]) return false;
  return compareRanges(bytes, start, end, NAME_LABEL, 0, NAME_LABEL.length) === 0;
}

/** Whether every name is there and everything is text. */
export function areText(bytes: Buffer, labels: LabelRanges): boolean {
  for (let i = 0; i < labels.length; i += 4) if (labels[i] === labels[i + 1]) return false;
  for (let i = 0; i < labels.length; i += 2) if (!isText(bytes, labels[i]!, labels[i + 1]!)) return false;
  return true;
}

/** A name that two labels have. Senders give them in order, so that neighbours are compared. */
export function duplicateName(bytes: Buffer, labels: LabelRanges): string | undefined {
  for (let i = 4; i < labels.length; i += 4) {
    const order = compareRanges(bytes, labels[i - 4]!, labels[i - 3]!, bytes, labels[i]!, labels[i + 1]!);
    if (order === 0) return textOf(bytes, labels, i);
    if (order > 0) return duplicateOfUnsorted(bytes, labels);
  }
  return undefined;
}

export function labelsOf(bytes: Buffer, ranges: LabelRanges): Labels {
  const pairs: [string, string][] = [];
  for (let i = 0; i < ranges.length; i += 4) pairs.push([textOf(bytes, ranges, i), textOf(bytes, ranges, i + 2)]);
  return Labels.from(pairs);
}

export function textOf(bytes: Buffer, ranges: LabelRanges, at: number): string {
  return bytes.toString("utf8", ranges[at], ranges[at + 1]);
}

function duplicateOfUnsorted(bytes: Buffer, labels: LabelRanges): string | undefined {
  const seen = new Set<string>();
  for (let i = 0; i < labels.length; i += 4) {
    const name = textOf(bytes, labels, i);
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

function isText(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! > 127) return isUtf8(bytes.subarray(start, end));
  return true;
}

/** Negative, 0 or positive, as the first stands before, equals or stands behind the second. */
function compareRanges(a: Buffer, aStart: number, aEnd: number, b: Buffer, bStart: number, bEnd: number): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const order = a[aStart + i]! - b[bStart + i]!;
    if (order !== 0) return order;
  }
  return aEnd - aStart - (bEnd - bStart);
}
