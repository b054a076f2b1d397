import { expect, test } from "vitest";
import { commonLabels, frameOf, labelText, shortName, without } from "./series.ts";

const grid = { startSeconds: 100, endSeconds: 106, stepSeconds: 2 };

test("puts the values of all series on one grid of times", () => {
  const frame = frameOf(
    {
      resultType: "matrix",
      result: [
        {
          metric: { job: "a" },
          values: [
            [102, "1"],
            [104, "NaN"],
            [106, "3"],
          ],
        },
        { metric: { job: "b" }, values: [[100, "9"]] },
      ],
    },
    grid,
  );
  expect(frame.times).toEqual([100, 102, 104, 106]);
  expect(frame.series.map(({ key, values }) => [key, values])).toEqual([
    ['{job="b"}', [9, null, null, null]],
    ['{job="a"}', [null, 1, null, 3]],
  ]);
  expect(frame.series[1]).toMatchObject({ min: 1, max: 3, last: 3 });
});

test("names a series as PromQL does, and shortly", () => {
  expect(labelText({ __name__: "up" })).toBe("up");
  expect(labelText({ __name__: "up", job: "a" })).toBe('up{job="a"}');
  expect(labelText({})).toBe("{}");
  expect(shortName({ __name__: "up", job: "a", instance: "1", code: "500" })).toBe("a · code=500");
  expect(shortName({ __name__: "up" })).toBe("up");
});

test("tells series apart by the labels in which they differ", () => {
  const labels = [
    { job: "a", le: "1" },
    { job: "a", le: "2" },
  ];
  const common = commonLabels(labels.map((one) => ({ labels: one })));
  expect(common).toEqual({ job: "a" });
  expect(labels.map((one) => without(one, common))).toEqual([{ le: "1" }, { le: "2" }]);
  expect(commonLabels([{ labels: { job: "a" } }])).toEqual({});
});
