import { randomBytes } from "node:crypto";
import { encode, payloadOf, PROTOCOLS, TelemetryView, type Payload, type Signal } from "@clew/otlp";
import { expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, type Attributes } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { ProbabilisticSampler } from "./probabilistic-sampler.ts";
import { textOf, thresholdOf } from "./threshold.ts";

function sampler(config: object, signal: Signal = "traces") {
  const place = new Place("", []);
  const kit = componentSettings("processor", "probabilistic_sampler");
  const made = new ProbabilisticSampler(kit.settings, schema.read(config, place), signal);
  expect(place.problems).toEqual([]);
  return { ...kit, sample: (payload: Payload) => sampled(made, payload) };
}

/** What is left, in views. */
function sampled(made: ProbabilisticSampler, payload: Payload) {
  const view = new TelemetryView(payload);
  made.edit(view);
  const left = view.payload();
  if (left === undefined) return [];
  const after = new TelemetryView(left);
  return after.resources.flatMap((one) => after.scopesOf(one)).flatMap((scope) => after.recordsOf(scope));
}

const spans = (...all: object[]): Payload =>
  payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans: [{ scopeSpans: [{ spans: all }] }] }));
const logs = (...all: object[]): Payload =>
  payloadOf("logs", encode(PROTOCOLS.logs.request, { resourceLogs: [{ scopeLogs: [{ logRecords: all }] }] }));
const traceId = (hex: string): Buffer => Buffer.from(hex.padStart(32, "0"), "hex");
const low = traceId("aa00000000000000000000000000001f");
const high = traceId("aa0000000000000000ffffffffffffff");

test.each([
  [1, 4, "0"],
  [0.5, 4, "8"],
  [0.25, 4, "c"],
  [1 / 3, 3, "aab"],
  [1 / 3, 5, "aaaab"],
  [0.01, 4, "fd70a"],
  [0.0625, 4, "f"],
])("keeping %d with precision %d has the threshold %s", (probability, precision, expected) => {
  expect(textOf(thresholdOf(probability, precision))).toBe(expected);
});

test.each(["proportional", "equalizing", "hash_seed"])("%s keeps about the share that it should", (mode) => {
  const { sample } = sampler({ sampling_percentage: 25, mode });
  const all = Array.from({ length: 10_000 }, () => ({ traceId: randomBytes(16), spanId: randomBytes(8) }));
  const share = sample(spans(...all)).length / all.length;
  expect(share).toBeGreaterThan(0.22);
  expect(share).toBeLessThan(0.28);
});

test("whatever a lower share keeps a higher one keeps as well", () => {
  const all = Array.from({ length: 2_000 }, () => ({ traceId: randomBytes(16), spanId: randomBytes(8) }));
  for (const mode of ["proportional", "hash_seed"]) {
    const [few, many] = [5, 40].map((percentage) => {
      const kept = sampler({ sampling_percentage: percentage, mode }).sample(spans(...all));
      return new Set(kept.map((span) => Buffer.from(span.get("traceId") as Uint8Array).toString("hex")));
    });
    for (const id of few!) expect(many).toContain(id);
  }
});

test("writes the probability into what it keeps, beside what stands there", () => {
  const { sample } = sampler({ sampling_percentage: 50, mode: "proportional" });
  const [span] = sample(spans({ traceId: high, traceState: "a=b" }, { traceId: low }));
  expect(span?.get("traceState")).toBe("ot=th:8,a=b");
  const [again] = sample(spans({ traceId: high, traceState: "ot=th:8;x:y,a=b" }));
  expect(again?.get("traceState")).toBe("ot=th:c;x:y,a=b");
  const explicit = sample(spans({ traceId: low, traceState: "ot=rv:ffffffffffffff" }));
  expect(explicit[0]?.get("traceState")).toBe("ot=rv:ffffffffffffff;th:8");
});

test("equalizing passes what was sampled as much already", () => {
  const { sample } = sampler({ sampling_percentage: 50, mode: "equalizing" });
  expect(sample(spans({ traceId: high, traceState: "ot=th:c" }))[0]?.get("traceState")).toBe("ot=th:c");
  expect(sample(spans({ traceId: high }))[0]?.get("traceState")).toBe("ot=th:8");
});

test("hash_seed writes its randomness, so that others can go on from it", () => {
  const { sample } = sampler({ sampling_percentage: 100, hash_seed: 22 });
  expect(sample(spans({ traceId: high }))[0]?.get("traceState")).toMatch(/^ot=rv:[0-9a-f]{14};th:0$/);
});

test.each([
  [0, 100, 0],
  [1, 0, 1],
  ["0", 100, 0],
  [2, 0, 1],
])("a sampling.priority of %j at %d %% keeps %d", (priority, percentage, expected) => {
  const { sample, meter } = sampler({ sampling_percentage: percentage });
  const kept = sample(spans({ traceId: low, attributes: attributesOf({ "sampling.priority": priority }) }));
  expect(kept).toHaveLength(expected);
  const counted = meter.families().flatMap(({ samples }) => samples.map(({ labels }) => labels["policy"]));
  expect(counted).toEqual(["sampling_priority"]);
});

test("drops what has no randomness, or passes it where fail_closed is off", () => {
  expect(sampler({ sampling_percentage: 100 }).sample(spans({}))).toHaveLength(0);
  expect(sampler({ sampling_percentage: 0, fail_closed: false }).sample(spans({}))).toHaveLength(1);
  expect(sampler({ sampling_percentage: 100 }).sample(spans({ traceId: high, traceState: "ot=th:zz" }))).toHaveLength(
    0,
  );
});

const record = (attributes: Attributes, more: object = {}): object => ({
  attributes: attributesOf(attributes),
  ...more,
});

test("samples log records by trace id, or by an attribute, and says so in attributes", () => {
  const byTrace = sampler({ sampling_percentage: 50 }, "logs").sample(
    logs(record({}, { traceId: high }), record({}, { traceId: low })),
  );
  expect(byTrace.map((one) => Object.fromEntries(one.attributes()))).toEqual([{ "sampling.threshold": "8" }]);
  const byAttribute = sampler({ sampling_percentage: 100, attribute_source: "record", from_attribute: "pod" }, "logs");
  const [kept] = byAttribute.sample(logs(record({ pod: "a" })));
  expect(kept?.attributes().get("sampling.threshold")).toBe("0");
  expect(kept?.attributes().get("sampling.randomness")).toMatch(/^[0-9a-f]{14}$/);
});

test("a log record's own percentage counts", () => {
  const { sample } = sampler({ sampling_percentage: 0, sampling_priority: "p" }, "logs");
  expect(sample(logs(record({ p: 100 }, { traceId: low }), record({}, { traceId: high })))).toHaveLength(1);
});

test.each([
  [{ sampling_percentage: -1 }, "sampling percentage is negative"],
  [{ sampling_percentage: 1, sampling_precision: 15 }, "sampling precision is too great, should be <= 14: 15"],
  [{ sampling_percentage: 1, mode: "x" }, "expected one of"],
])("refuses the configuration %j", (config, expected) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what).join()).toContain(expected);
});
