import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { expect, test } from "vitest";
import {
  type ComposableSampler,
  createComposableAlwaysOffSampler,
  createComposableAlwaysOnSampler,
  createComposableAnnotatingSampler,
  createComposableParentThresholdSampler,
  createComposableProbabilitySampler,
  createComposableRuleBasedSampler,
  createComposableTraceIDRatioBasedSampler,
  createCompositeSampler,
} from "../../index.ts";
import { type Parent, sample, traceIdWith, verdict } from "./sampling.test-kit.ts";

const on = createComposableAlwaysOnSampler();
const off = createComposableAlwaysOffSampler();
const quarter = createComposableProbabilitySampler(0.25);
const low = "1".repeat(14);
const high = "e".repeat(14);

test.each<[string, ComposableSampler, Parent | undefined, string]>([
  ["always on", on, undefined, "sampled ot=th:0"],
  ["always off", off, undefined, "dropped"],
  [
    "always off takes the parent's threshold away",
    off,
    { state: "ot=th:8;rv:aaaaaaaaaaaaaa" },
    "dropped ot=rv:aaaaaaaaaaaaaa",
  ],
  ["a probability above the randomness", quarter, { randomness: high }, "sampled ot=th:c"],
  ["a probability below it", quarter, { randomness: low }, "dropped"],
  ["a probability of 0", createComposableProbabilitySampler(0), { randomness: high }, "dropped"],
  ["the older name", createComposableTraceIDRatioBasedSampler(0.5), { randomness: high }, "sampled ot=th:8"],
  ["explicit randomness", quarter, { randomness: low, state: `ot=rv:${high}` }, `sampled ot=th:c;rv:${high}`],
])("%s", (_, delegate, parent, expected) => {
  expect(verdict(createCompositeSampler(delegate), parent)).toBe(expected);
});

test.each<[string, Parent | undefined, string]>([
  ["without a parent the root's sampler decides", undefined, "sampled ot=th:0"],
  ["the parent's threshold is the child's", { randomness: high, state: "ot=th:8,v=x" }, "sampled ot=th:8,v=x"],
  ["without a threshold the sampled flag decides", { flags: 3 }, "sampled"],
  ["without a threshold and unsampled", { flags: 2 }, "dropped"],
  ["a threshold that contradicts a sampled parent is erased", { randomness: low, state: "ot=th:8" }, "sampled"],
  [
    "the threshold of an unsampled parent is the child's, too",
    { randomness: low, flags: 2, state: "ot=th:8" },
    "dropped",
  ],
])("parent threshold: %s", (_, parent, expected) => {
  expect(verdict(createCompositeSampler(createComposableParentThresholdSampler(on)), parent)).toBe(expected);
});

test("the first rule that applies decides, and none means dropped", () => {
  const isCheckout = (...[, , name]: Parameters<typeof on.getSamplingIntent>): boolean => name === "checkout";
  const isKnown = (...[, , name]: Parameters<typeof on.getSamplingIntent>): boolean => name !== "other";
  const sampler = createCompositeSampler(
    createComposableRuleBasedSampler([
      [isCheckout, on],
      [isKnown, quarter],
    ]),
  );
  const decisionOn = (name: string): number => sample(sampler, { name, traceId: traceIdWith(low) }).decision;
  expect([decisionOn("checkout"), decisionOn("list"), decisionOn("other")]).toEqual([2, 0, 0]);
});

test("attributes are added to what is sampled only, the outer ones winning", () => {
  const inner = createComposableAnnotatingSampler(quarter, { rule: "inner", inner: true });
  const sampler = createCompositeSampler(createComposableAnnotatingSampler(inner, { rule: "outer" }));
  expect(sample(sampler, { traceId: traceIdWith(high) }).attributes).toEqual({ rule: "outer", inner: true });
  expect(sample(sampler, { traceId: traceIdWith(low) }).attributes).toBeUndefined();
});

test("a sampler of the user's may change the trace state, and give a threshold that is not written", () => {
  const own: ComposableSampler = {
    getSamplingIntent: () => ({
      threshold: 1n,
      thresholdReliable: false,
      updateTraceState: (traceState) => traceState?.set("v", "y"),
    }),
    toString: () => "own",
  };
  expect(verdict(createCompositeSampler(own), { state: "ot=th:0,v=x" })).toBe("sampled v=y");
});

test("samplers describe themselves", () => {
  const rules = createComposableRuleBasedSampler([[() => true, createComposableParentThresholdSampler(quarter)]]);
  expect(createCompositeSampler(rules).toString()).toBe(
    "CompositeSampler(ComposableRuleBasedSampler([((anonymous), ComposableParentThresholdSampler(" +
      "rootSampler=ComposableProbabilitySampler(threshold=c, ratio=0.25)))]))",
  );
  expect(on.getSamplingIntent(ROOT_CONTEXT, "", "", SpanKind.INTERNAL, {}, []).threshold).toBe(0n);
});
