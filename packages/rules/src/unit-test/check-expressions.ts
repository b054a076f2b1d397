import { ClewError, messageOf } from "@clew/base";
import {
  compareLabels,
  histogramDescription,
  parseMetric,
  parseSeriesDescription,
  prometheusDurationText,
  type VectorPoint,
} from "@clew/query";
import type { ExpectedSample, PromqlExprTest } from "./unit-test-file.ts";
import { type FoundSample, samplesText } from "./unit-test-text.ts";

/** What is wrong with an expression's answer; undefined where it is as it should be. */
export async function expressionFault(
  { expr, evalTimeMs, expSamples }: PromqlExprTest,
  answer: Promise<readonly VectorPoint[]>,
  isFuzzy: boolean,
): Promise<string | undefined> {
  const head = `    expr: ${JSON.stringify(expr)}, time: ${prometheusDurationText(evalTimeMs)},`;
  try {
    const found = sorted((await answer).map(sampleOf));
    const wanted = sorted(expSamples.map(expected));
    if (areEqual(wanted, found, isFuzzy)) return undefined;
    return `${head}\n        exp: ${samplesText(wanted)}\n        got: ${samplesText(found)}`;
  } catch (error) {
    return `${head} err: ${textOf(error)}`;
  }
}

function sampleOf({ labels, value }: VectorPoint): FoundSample {
  return typeof value === "number" ? { labels, value, histogram: undefined } : { labels, value: 0, histogram: value };
}

function expected({ labels, value, histogram }: ExpectedSample): FoundSample {
  try {
    return { labels: parseMetric(labels), value, histogram: histogram === "" ? undefined : histogramOf(histogram) };
  } catch (error) {
    throw new Error(`labels ${JSON.stringify(labels)}: ${textOf(error)}`, { cause: error });
  }
}

function histogramOf(text: string): FoundSample["histogram"] {
  const { samples } = parseSeriesDescription(`{} ${text}`);
  const [sample] = samples;
  if (samples.length !== 1) throw new Error(`expected 1 value, got ${samples.length}`);
  if (typeof sample !== "object") throw new Error(`expected histogram, got ${String(sample)}`);
  return sample;
}

function sorted(samples: readonly FoundSample[]): readonly FoundSample[] {
  return samples.toSorted((a, b) => compareLabels(a.labels, b.labels));
}

function areEqual(wanted: readonly FoundSample[], found: readonly FoundSample[], isFuzzy: boolean): boolean {
  return (
    wanted.length === found.length &&
    wanted.every(({ labels, value, histogram }, i) => {
      const other = found[i]!;
      return (
        labels.key === other.labels.key &&
        textOfHistogram(histogram) === textOfHistogram(other.histogram) &&
        (value === other.value || (isFuzzy && areNeighbours(value, other.value)))
      );
    })
  );
}

function textOfHistogram(histogram: FoundSample["histogram"]): string {
  return histogram === undefined ? "" : histogramDescription(histogram);
}

/** Whether no other float lies between them. */
function areNeighbours(a: number, b: number): boolean {
  const [first = 0n, second = 0n] = new BigInt64Array(Float64Array.of(a, b).buffer);
  const distance = first - second;
  return Number.isFinite(a) && Number.isFinite(b) && (distance === 1n || distance === -1n);
}

function textOf(error: unknown): string {
  return error instanceof ClewError ? error.what : messageOf(error);
}
