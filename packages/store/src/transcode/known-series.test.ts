/** Series are told apart by the bytes of their attributes, and by where each of those begins. */
import { Reader } from "@clew/otlp";
import { expect, test } from "vitest";
import { AttributesText, KnownSeries, SeriesOfMetric } from "./known-series.ts";
import type { Ranges } from "./walk-records.ts";

/** A point's attributes, field 7, with other bytes in front of each where `between` says so. */
function attributesOf(texts: readonly string[], between: readonly number[] = []): AttributesText {
  const bytes: number[] = [];
  const ranges: Ranges = [];
  for (const text of texts) {
    bytes.push(...between, 58, text.length);
    ranges.push(bytes.length, bytes.length + text.length);
    bytes.push(...Buffer.from(text, "latin1"));
  }
  return new AttributesText(new Reader(Buffer.from(bytes)), ranges);
}

function seriesOf(attributes: AttributesText): KnownSeries {
  return new KnownSeries(1n, 2n, attributes, 0);
}

test("a series is found again, in the order of before and out of it", () => {
  const metric = new SeriesOfMetric();
  const all = [["a", "b"], ["a", "c"], ["a"], []].map((texts) => seriesOf(attributesOf(texts)));
  metric.begin();
  for (const series of all) metric.add(series);
  for (const order of [all, all.toReversed(), all]) {
    metric.begin();
    for (const series of order) expect(metric.find(series.attributes)).toBe(series);
  }
  expect(metric.find(attributesOf(["b", "a"]))).toBeUndefined();
});

test("the same bytes in other parts are another series", () => {
  const two = seriesOf(attributesOf(["first", "second"]));
  const one = seriesOf(attributesOf([`first${String.fromCharCode(58, 6)}second`]));
  expect(one.attributes.text).toBe(two.attributes.text);
  const metric = new SeriesOfMetric();
  metric.begin();
  for (const series of [one, two]) metric.add(series);
  for (const series of [two, one, two, one]) {
    metric.begin();
    expect(metric.find(series.attributes)).toBe(series);
  }
});

test("what stands between attributes does not belong to the series", () => {
  const metric = new SeriesOfMetric();
  metric.begin();
  const series = seriesOf(attributesOf(["a", "b"], [64, 1]));
  metric.add(series);
  metric.begin();
  expect(metric.find(attributesOf(["a", "b"], [64, 2]))).toBe(series);
});
