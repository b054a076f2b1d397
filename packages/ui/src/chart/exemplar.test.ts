import { expect, test } from "vitest";
import { exemplarsOf, thinned, type Exemplar } from "./exemplar.ts";

const labels = { trace_id: "t1", span_id: "s1" };

test("takes an exemplar once, however many buckets hold it", () => {
  const exemplars = [{ labels, value: "0.5", timestamp: 10 }];
  const answer = ["0.5", "+Inf"].map((le) => ({ seriesLabels: { job: "a", le }, exemplars }));
  expect(exemplarsOf(answer)).toEqual([{ traceId: "t1", spanId: "s1", value: 0.5, timeMs: 10_000, service: "a" }]);
});

test("leaves out an exemplar that leads nowhere", () => {
  expect(exemplarsOf([{ seriesLabels: {}, exemplars: [{ labels: {}, value: "1", timestamp: 1 }] }])).toEqual([]);
});

const at = (timeMs: number, value: number): Exemplar => ({ traceId: "t", spanId: "s", service: "", timeMs, value });

test("keeps the greatest of those that would lie on each other, and no more than the limit", () => {
  expect(thinned([at(1, 50.1), at(2, 50), at(500, 100)], 0, 1_000)).toEqual([at(1, 50.1), at(500, 100)]);
  expect(thinned([at(1, 100), at(500, 1)], 0, 1_000, false, 1)).toEqual([at(1, 100)]);
  expect(thinned([at(2_000, 1)], 0, 1_000)).toEqual([]);
});

test("on one line, values do not keep exemplars apart", () => {
  const both = [at(1, 100), at(2, 1)];
  expect(thinned(both, 0, 1_000)).toEqual(both);
  expect(thinned(both, 0, 1_000, true)).toEqual([at(1, 100)]);
});

test("keeps its choice while the window moves on", () => {
  const many = Array.from({ length: 150 }, (_unused, i) => at(i * 8, (i * 7) % 50));
  const inBoth = (kept: readonly Exemplar[]): Exemplar[] => kept.filter(({ timeMs }) => timeMs > 100 && timeMs < 900);
  expect(inBoth(thinned(many, 20, 1_020))).toEqual(inBoth(thinned(many, 0, 1_000)));
});
