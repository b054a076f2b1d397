import { expect, test } from "vitest";
import type { CatalogueEntry } from "../api/types.ts";
import { queriesOf } from "./metric-queries.ts";
import { exemplarQuery, subjectOf } from "./query-subject.ts";

const entry = (name: string, type: CatalogueEntry["type"], unit: string, monotonic = false): CatalogueEntry => ({
  name,
  otelName: name,
  type,
  unit,
  description: "",
  temporality: 2,
  monotonic,
  services: [],
  series: 1,
});
const duration = entry("duration_seconds", "histogram", "s");
const orders = entry("orders_total", "sum", "{order}", true);
const catalogue = [duration, orders, entry("memory_bytes", "gauge", "By")];

test("gives a quantile and a mean the unit of their histogram, on the axis of its exemplars", () => {
  const questions = queriesOf(duration, "1m");
  for (const { query } of questions.filter(({ label }) => label !== "rate")) {
    expect(subjectOf(query, catalogue)).toEqual({
      entry: duration,
      unit: "s",
      perSecond: false,
      isOnExemplarAxis: true,
    });
  }
});

test("gives rates a unit per second, and a histogram's rate none but that", () => {
  const [, , , , rate] = queriesOf(duration, "1m");
  expect(subjectOf(rate?.query ?? "", catalogue)).toMatchObject({
    unit: "1",
    perSecond: true,
    isOnExemplarAxis: false,
  });
  const [first] = queriesOf(orders, "1m");
  expect(subjectOf(first?.query ?? "", catalogue)).toMatchObject({ unit: "{order}", perSecond: true });
});

test("gives a ratio of different metrics no unit", () => {
  expect(subjectOf("rate(orders_total[1m]) / memory_bytes", catalogue)).toMatchObject({ unit: "", perSecond: false });
});

test("knows no subject where the catalogue has none", () => {
  expect(subjectOf("up", catalogue).entry).toBeUndefined();
});

test("asks a histogram's buckets for exemplars, whichever part is drawn", () => {
  expect(exemplarQuery('rate(duration_seconds_sum{job="a"}[1m]) / orders_total', catalogue)).toBe(
    'rate(duration_seconds_bucket{job="a"}[1m]) / orders_total',
  );
});
