/** Runs Prometheus's cases of described series where they are at hand: see CONTRIBUTING.md. */
import { describe, expect, test } from "vitest";
import { type CaseFields, type CaseValue, conformanceCases, titled } from "./conformance-cases.test-kit.ts";
import type { Buckets, NativeHistogram } from "./native-histogram.ts";
import { QueryError } from "./query-error.ts";
import { parseSeriesDescription } from "./series-description.ts";
import type { DescribedSample } from "./series-values.ts";

const FUNCTIONS = new Set<CaseValue>(["testSeries", "TestParseSeriesDesc", "TestParseHistogramSeries"]);
const CASES = conformanceCases("prometheus/parser_cases/promql_parse.jsonl").filter(({ _func }) =>
  FUNCTIONS.has(_func!),
);
const ANYTHING: unknown = expect.anything();
const ANY_NUMBER: unknown = expect.any(Number);
/** The extraction gives no negative numbers: what is missing beside them may be one. */
const NEGATIVE_IN_HISTOGRAM = /\{\{[^}]*[:[ ]-\d/;

const HINTS: Readonly<Record<NativeHistogram["counterReset"], string>> = {
  unknown: "histogram.UnknownCounterReset",
  reset: "histogram.CounterReset",
  not_reset: "histogram.NotCounterReset",
  gauge: "histogram.GaugeType",
};

describe.skipIf(CASES.length === 0)("Prometheus's series cases", () => {
  test("are all there (CLEW_CONFORMANCE_DIR)", () => {
    expect(CASES).toHaveLength(53);
  });

  const isBad = (one: CaseFields): boolean => ["fail", "expectError", "expectedError"].some((name) => name in one);

  test.each(titled(CASES.filter((one) => !isBad(one))))("line %i: reads %s as Prometheus does", (_line, text, one) => {
    const { labels, samples } = parseSeriesDescription(text);
    const wantedLabels = one["expectedMetric"] ?? one["expectedLabels"];
    const histograms = one["expected"];
    expect({ labels: wantedLabels && labels.toObject(), samples: samples.map(prometheusSample) }).toStrictEqual({
      labels: wantedLabels && labelsOf(wantedLabels),
      samples: histograms === undefined ? valuesOf(one["expectedValues"]!) : histogramsOf(text, histograms),
    });
  });

  test.each(titled(CASES.filter(isBad)))("line %i: refuses %s as Prometheus does", (_line, text, one) => {
    const problem = problemOf(text);
    const { expectedError = problem, expectError = "parse error: " } = one;
    expect(problem).toContain(expectError);
    expect(problem).toBe(expectedError);
  });
});

/** What is wrong with a description, and where. */
function problemOf(text: string): string | undefined {
  try {
    parseSeriesDescription(text);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof QueryError && thrown.type === "bad_data") return thrown.what;
    throw thrown;
  }
}

/** Of a call with names and values by turns. */
function labelsOf(call: CaseValue): Record<string, string> {
  const texts = (call as CaseFields)["args"] as readonly CaseValue[];
  const names = texts.map((text) => (typeof text === "string" ? text : "__name__"));
  return Object.fromEntries(names.flatMap((name, i) => (i % 2 === 0 ? [[name, names[i + 1] ?? ""]] : [])));
}

function valuesOf(values: CaseValue): readonly unknown[] {
  const list = (Array.isArray(values) ? values : (values as CaseFields)["args"]) as readonly CaseValue[];
  return list.map((value) => {
    if (typeof value === "number") return value;
    if (value === "__skip__") return ANY_NUMBER;
    const { ident, Value: number = 0, Omitted: isGap = ident === "none" } = value as CaseFields;
    return isGap === true ? undefined : number;
  });
}

function histogramsOf(text: string, histograms: CaseValue): readonly unknown[] {
  return (histograms as readonly CaseFields[]).map(NEGATIVE_IN_HISTOGRAM.test(text) ? withUnknowns : withZeros);
}

/** Go leaves out what is zero; a histogram without any field is an empty list. */
function withZeros(fields: CaseFields): unknown {
  return { ...prometheusHistogram(EMPTY), ...fields };
}

function withUnknowns(fields: CaseFields): unknown {
  const known = Object.entries(fields).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  const unknown = Object.keys(prometheusHistogram(EMPTY)).map((name) => [name, ANYTHING]);
  const spans = (value: CaseValue): unknown =>
    (value as readonly CaseFields[]).map((span) => ({ Offset: ANYTHING, ...span }));
  return Object.fromEntries([
    ...unknown,
    ...known.map(([name, value]) => [name, name.endsWith("Spans") ? spans(value) : value]),
  ]);
}

const NONE: Buckets = { offset: 0, counts: new Float64Array(0) };
const EMPTY: NativeHistogram = {
  schema: 0,
  count: 0,
  sum: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: NONE,
  negative: NONE,
  customBounds: NONE.counts,
  counterReset: "unknown",
};

function prometheusSample(sample: DescribedSample): unknown {
  return typeof sample === "object" ? prometheusHistogram(sample) : sample;
}

function prometheusHistogram(histogram: NativeHistogram): Readonly<Record<string, unknown>> {
  const spans = ({ offset, counts: { length } }: Buckets): unknown =>
    length === 0 ? [] : [{ Offset: offset, Length: length }];
  return {
    Schema: histogram.schema,
    Sum: histogram.sum,
    Count: histogram.count,
    ZeroCount: histogram.zeroCount,
    ZeroThreshold: histogram.zeroThreshold,
    PositiveBuckets: [...histogram.positive.counts],
    PositiveSpans: spans(histogram.positive),
    NegativeBuckets: [...histogram.negative.counts],
    NegativeSpans: spans(histogram.negative),
    CustomValues: [...histogram.customBounds],
    CounterResetHint: { ident: HINTS[histogram.counterReset] },
  };
}
