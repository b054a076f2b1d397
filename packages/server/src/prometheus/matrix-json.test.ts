import { Labels } from "@clew/query";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matrixPieces } from "./matrix-json.ts";

function jsonOf(series: Parameters<typeof matrixPieces>[0]): unknown {
  return JSON.parse(Buffer.concat([...matrixPieces(series)]).toString("utf8"));
}

test("any times and values read back as what they were", () => {
  const point = fc.tuple(fc.integer({ min: -1e13, max: 1e13 }), fc.oneof(fc.double(), fc.nat(), fc.constant(-0)));
  fc.assert(
    fc.property(fc.array(point, { minLength: 1 }), (points) => {
      const timestampsMs = Float64Array.from(points, ([time]) => time);
      const values = Float64Array.from(points, ([, value]) => value);
      const labels = Labels.of({ __name__: "ü", "a\nb": '"' });
      const [only] = jsonOf([{ labels, timestampsMs, values, histograms: undefined }]) as {
        metric: object;
        values: [number, string][];
      }[];
      expect(only?.metric).toEqual({ __name__: "ü", "a\nb": '"' });
      expect(only?.values.map(([time]) => Math.round(time * 1_000))).toEqual(points.map(([time]) => time));
      const numbers = only?.values.map(([, text]) => Number(text.replace("Inf", "Infinity")));
      expect(numbers).toEqual([...values]);
    }),
  );
});

test("an answer longer than a piece is whole", () => {
  const labels = Labels.of({ job: "api" });
  const values = Float64Array.from({ length: 20_000 }, (_unused, i) => i / 7);
  const one = { labels, timestampsMs: values.map((_value, i) => i * 1_500), values, histograms: undefined };
  const read = jsonOf([one, { ...one, values: values.slice(0, 0), timestampsMs: values.slice(0, 0) }, one]);
  expect(read).toMatchObject([{ metric: { job: "api" } }, { metric: { job: "api" } }, { metric: { job: "api" } }]);
  expect((read as { values: unknown[] }[])[2]?.values.at(-1)).toEqual([29_998.5, String(19_999 / 7)]);
});
