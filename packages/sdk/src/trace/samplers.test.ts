import { ROOT_CONTEXT, SpanKind, trace, TraceFlags } from "@opentelemetry/api";
import { expect, test } from "vitest";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "../index.ts";

function decision(sampler: Sampler, traceId = "0af7651916cd43dd8448eb211c80319c", context = ROOT_CONTEXT): number {
  return sampler.shouldSample(context, traceId, "span", SpanKind.INTERNAL, {}, []).decision;
}

const idWithRandomness = (hex: string): string => `${"f".repeat(18)}${hex}`;

// The threshold of a ratio of 0.1, with the four digits that the specification recommends, is e666.
test.each([
  [0.5, "7fffffffffffff", false],
  [0.5, "80000000000000", true],
  [0.1, "e665ffffffffff", false],
  [0.1, "e6660000000000", true],
  [1, "00000000000000", true],
  [0, "ffffffffffffff", false],
])("a ratio of %d keeps a trace of randomness %s: %s", (ratio, randomness, isKept) => {
  expect(decision(new TraceIdRatioBasedSampler(ratio), idWithRandomness(randomness))).toBe(isKept ? 2 : 0);
});

test("who samples more keeps every trace that others keep", () => {
  const tenth = new TraceIdRatioBasedSampler(0.1);
  const half = new TraceIdRatioBasedSampler(0.5);
  let kept = 0;
  for (let i = 0; i < 1_000; i++) {
    const traceId = idWithRandomness((i * 72_057_594_037_927).toString(16).padStart(14, "0"));
    if (decision(tenth, traceId) !== 2) continue;
    kept++;
    expect(decision(half, traceId)).toBe(2);
  }
  expect(kept).toBeGreaterThan(50);
});

test.each([
  ["remote, sampled", true, TraceFlags.SAMPLED, 0],
  ["remote, not sampled", true, TraceFlags.NONE, 2],
  ["local, sampled", false, TraceFlags.SAMPLED, 0],
  ["local, not sampled", false, TraceFlags.NONE, 2],
])("a parent that is %s has its own sampler", (_, isRemote, traceFlags, expected) => {
  const sampler = new ParentBasedSampler({
    root: new AlwaysOnSampler(),
    remoteParentSampled: new AlwaysOffSampler(),
    remoteParentNotSampled: new AlwaysOnSampler(),
    localParentSampled: new AlwaysOffSampler(),
    localParentNotSampled: new AlwaysOnSampler(),
  });
  const parent = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags, isRemote };
  expect(decision(sampler, parent.traceId, trace.setSpanContext(ROOT_CONTEXT, parent))).toBe(expected);
});

test("without a parent the root's sampler decides", () => {
  expect(decision(new ParentBasedSampler({ root: new AlwaysOffSampler() }))).toBe(0);
  expect(decision(new ParentBasedSampler({ root: new AlwaysOnSampler() }))).toBe(2);
});

test("a ratio sampler without a ratio samples nothing, as the official one", () => {
  expect(new TraceIdRatioBasedSampler().toString()).toBe("TraceIdRatioBased{0}");
});

test("samplers describe themselves", () => {
  expect(String(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.25) }))).toContain(
    "ParentBased{root=TraceIdRatioBased{0.25}, remoteParentSampled=AlwaysOnSampler,",
  );
});
