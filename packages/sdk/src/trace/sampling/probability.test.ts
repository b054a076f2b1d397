import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import { ProbabilitySampler, TraceIdRatioBasedSampler } from "../../index.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";
import { encodeThreshold, thresholdOf } from "./rejection-threshold.ts";
import { sample, traceIdWith, verdict } from "./sampling.test-kit.ts";

afterEach(unregisterAll);

// The table of the specification, "Converting floating-point probability to threshold value".
test.each([
  [1, "0"],
  [0.5, "8"],
  [1 / 3, "aaab"],
  [0.25, "c"],
  [0.2, "cccd"],
  [0.125, "e"],
  [0.1, "e666"],
  [0.01, "fd70a"],
  [0.001, "ffbe77"],
  [0.0001, "fff9724"],
  [0.00001, "ffff583a"],
  [0.000001, "ffffef39"],
])("the threshold of %d is %s", (probability, expected) => {
  expect(encodeThreshold(thresholdOf(probability) ?? "")).toBe(expected);
});

test("the lowest probability has the highest threshold, and below it nothing is sampled", () => {
  expect(thresholdOf(2 ** -56)).toBe("f".repeat(14));
  expect(thresholdOf(2 ** -57)).toBeUndefined();
  expect(thresholdOf(Number.NaN)).toBeUndefined();
});

test("a root that is sampled says with which threshold, one that is not says nothing", () => {
  const sampler = new ProbabilitySampler(0.25);
  expect(sample(sampler, { traceId: traceIdWith("c0000000000000") }).traceState?.serialize()).toBe("ot=th:c");
  expect(sample(sampler, { traceId: traceIdWith("bfffffffffffff") })).toEqual({ decision: 0 });
});

test.each([
  ["the parent's decision is ignored", { flags: 2, randomness: "c0000000000000" }, "sampled ot=th:c"],
  [
    "randomness of the trace state wins over the id's",
    { state: "ot=rv:ffffffffffffff" },
    "sampled ot=th:c;rv:ffffffffffffff",
  ],
  ["in both directions", { randomness: "f".repeat(14), state: "ot=rv:00000000000000" }, "dropped ot=rv:00000000000000"],
  [
    "the parent's threshold is replaced",
    { randomness: "f".repeat(14), state: "ot=th:8;p:1,v=x" },
    "sampled ot=th:c;p:1,v=x",
  ],
  ["or taken away, with an entry that is then empty", { state: "ot=th:8,v=x" }, "dropped v=x"],
  ["malformed randomness counts as none", { randomness: "f".repeat(14), state: "ot=rv:xyz" }, "sampled ot=th:c;rv:xyz"],
])("%s", (_, parent, expected) => {
  expect(verdict(new ProbabilitySampler(0.25), parent)).toBe(expected);
});

test("an entry that the threshold would make too long stays as it is", () => {
  const full = `ot=x:${"y".repeat(252)}`;
  expect(verdict(new ProbabilitySampler(1), { state: full })).toBe(`sampled ${full}`);
});

test("a child whose trace id nobody calls random is decided on with one warning", () => {
  const diagnostics = collectDiagnostics();
  const sampler = new TraceIdRatioBasedSampler(0.5);
  expect(verdict(sampler, { flags: 1 })).toBe("sampled ot=th:8");
  verdict(sampler, { flags: 1 });
  verdict(sampler, { flags: 3 });
  verdict(sampler, { flags: 1, state: "ot=rv:ffffffffffffff" });
  expect(diagnostics.lines).toEqual([expect.stringContaining("TraceIdRatioBased{0.5} decides for spans whose parent")]);
});

test.each([
  [1.5, "1", "sampled ot=th:0"],
  [-1, "0", "dropped"],
  [Number.NaN, "0", "dropped"],
])("a ratio of %d is brought into range with a warning", (ratio, used, expected) => {
  const diagnostics = collectDiagnostics();
  expect(verdict(new ProbabilitySampler(ratio))).toBe(expected);
  expect(diagnostics.lines).toEqual([`warn sampling ratio ${ratio} is not from 0 to 1: ${used} is used`]);
});
