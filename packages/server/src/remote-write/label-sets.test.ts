/** A request's OTLP is the same whether its labels were seen before or not. */
import { payloadOf } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { snappyDecompress } from "../../../collector/src/compression/snappy.ts";
import { LabelSets } from "./label-sets.ts";
import { otlpRequest, type OtlpRequest } from "./otlp-request.ts";
import { requestV1, type SentSeries } from "./remote-write.test-kit.ts";
import { RequestSeriesList } from "./request-series.ts";
import { readWriteRequest } from "./write-request.ts";

const NOW_MS = 1_700_000_000_000;
const TEN_MINUTES_MS = 600_000;

const list = new RequestSeriesList();

function written(bytes: Buffer, labelSets: LabelSets, nowMs = NOW_MS): OtlpRequest {
  labelSets.begin(nowMs);
  readWriteRequest(bytes, "1.0", { series: list, labelSets });
  const request = otlpRequest(bytes, list, { metadataOf: () => undefined, labelSets, nowMs });
  // What is written is not read again where it goes to the store.
  const { payload } = request;
  expect(payload && payloadOf("metrics", payload.chunks[0]!)).toEqual(payload);
  return request;
}

function bodyOf(series: readonly SentSeries[]): Buffer {
  return snappyDecompress(requestV1(series), 1e8, () => new Error("too large"));
}

const name = fc.constantFrom("__name__", "a", "b", "job", "ä", "");
const value = fc.constantFrom("", "up", "v", "w".repeat(200), "ü");
const series: fc.Arbitrary<SentSeries> = fc.record({
  labels: fc.array(fc.tuple(name, value), { maxLength: 5 }),
  samples: fc.array(
    fc.record({ value: fc.double(), timestamp: fc.constantFrom(0, NOW_MS - 1_000, NOW_MS + TEN_MINUTES_MS + 1) }),
    { maxLength: 3 },
  ),
  exemplars: fc.array(
    fc.record({ labels: fc.constant({ trace_id: "x" }), value: fc.double(), timestamp: fc.constant(NOW_MS) }),
    { maxLength: 2 },
  ),
});

test("requests of any series, again and again, in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.array(series, { maxLength: 6 }), { maxLength: 5 }), (requests) => {
      const labelSets = new LabelSets();
      const bodies = requests.map(bodyOf);
      for (const body of [...bodies, ...bodies, ...bodies.toReversed()])
        expect(written(body, labelSets)).toEqual(written(body, new LabelSets()));
    }),
  );
});

test("labels that begin as those that were expected, and go on", () => {
  const samples = [{ value: 1, timestamp: NOW_MS }];
  const first = { labels: { __name__: "first" }, samples };
  const short = { labels: { __name__: "up", a: "1" }, samples };
  const long = { labels: { __name__: "up", a: "1", b: "2" }, samples };
  const labelSets = new LabelSets();
  for (const second of [short, short, long, short, long, long]) {
    const body = bodyOf([first, second]);
    expect(written(body, labelSets)).toEqual(written(body, new LabelSets()));
  }
});

test("labels that stand on both sides of a sample are all read", () => {
  const before = bodyOf([{ labels: { __name__: "up", a: "1" }, samples: [{ value: 1, timestamp: NOW_MS }] }]);
  const label = bodyOf([{ labels: { z: "2" } }]).subarray(2);
  const whole = Buffer.concat([before, label]);
  whole[1] = before[1]! + label.length;
  const together = bodyOf([{ labels: { __name__: "up", a: "1", z: "2" }, samples: [{ value: 1, timestamp: NOW_MS }] }]);
  const labelSets = new LabelSets();
  const alone = written(before, new LabelSets()).payload;
  for (let i = 0; i < 2; i++) {
    expect(written(whole, labelSets).payload).toEqual(written(together, labelSets).payload);
    expect(written(before, labelSets).payload).toEqual(alone);
  }
});

test("what is remembered is forgotten in time, and what there is no room for is read each time", () => {
  const labelSets = new LabelSets();
  const many = Array.from({ length: 1_000 }, (_, i) => ({ labels: { __name__: "up", i: String(i) } }));
  for (let i = 0; i < 101; i++) {
    const labels = many.map((one) => ({ labels: { ...one.labels, of: String(i) }, samples: [] }));
    written(bodyOf(labels), labelSets);
  }
  expect(labelSets.hasRoom).toBe(false);
  const late = bodyOf([{ labels: { __name__: "late" }, samples: [{ value: 1, timestamp: NOW_MS }] }]);
  for (let i = 0; i < 2; i++) expect(written(late, labelSets).written.samples).toBe(1);
  written(late, labelSets, NOW_MS + TEN_MINUTES_MS);
  expect(labelSets.hasRoom).toBe(true);
  for (let i = 0; i < 6; i++)
    written(
      bodyOf([{ labels: { __name__: "long", a: String(i).repeat(6_000_000) } }]),
      labelSets,
      NOW_MS + TEN_MINUTES_MS,
    );
  expect(labelSets.hasRoom).toBe(false);
  written(late, labelSets, NOW_MS + 2 * TEN_MINUTES_MS);
  expect(labelSets.hasRoom).toBe(true);
});
