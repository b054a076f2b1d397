/** Rows about sampling of the specification's compliance matrix, section "Traces". */
import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { CollectingSpanExporter } from "../../collecting-exporters.test-kit.ts";
import {
  AlwaysOffSampler,
  AlwaysRecordSampler,
  createAlwaysRecordSampler,
  createComposableProbabilitySampler,
  CompositeSampler,
  JaegerRemoteSampler,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "../../index.ts";
import { startLoopbackServer } from "../../loopback-server.test-kit.ts";
import { contextOf, sample } from "./sampling.test-kit.ts";

function samplerOf(shouldSample: Sampler["shouldSample"]): Sampler {
  return { shouldSample, toString: () => "test" };
}

describe("compliance: Traces", () => {
  test("Allow samplers to modify tracestate", () => {
    const { traceState } = sample(new TraceIdRatioBasedSampler(1));
    const sampler = samplerOf(() => ({
      decision: SamplingDecision.RECORD_AND_SAMPLED,
      ...(traceState !== undefined && { traceState }),
    }));
    const span = new TracerProvider({ sampler }).getTracer("t").startSpan("s");
    expect(span.spanContext().traceState?.serialize()).toBe("ot=th:0");
  });

  test("ShouldSample gets full parent Context", () => {
    const parents: unknown[] = [];
    const sampler = samplerOf((context) => {
      parents.push(trace.getSpanContext(context));
      return { decision: SamplingDecision.NOT_RECORD };
    });
    const parent = contextOf({ state: "v=x", isRemote: true });
    new TracerProvider({ sampler }).getTracer("t").startSpan("s", {}, parent);
    expect(parents).toEqual([trace.getSpanContext(parent)]);
  });

  test("Sampler: JaegerRemoteSampler", async () => {
    const body = JSON.stringify({ strategyType: 0, probabilisticSampling: { samplingRate: 1 } });
    const server = await startLoopbackServer(() => ({ body }));
    const initialSampler = new AlwaysOffSampler();
    const sampler = new JaegerRemoteSampler({ endpoint: server.url, poolingInterval: 60_000, initialSampler });
    await expect.poll(() => sample(sampler).decision, { interval: 2 }).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    server.close();
  });

  test("New Span ID created also for non-recording Spans", () => {
    const span = new TracerProvider({ sampler: new AlwaysOffSampler() })
      .getTracer("t")
      .startSpan("s", {}, contextOf({}));
    expect(span.spanContext().traceId).toBe(trace.getSpanContext(contextOf({}))?.traceId);
    expect(span.spanContext().spanId).not.toBe("b".repeat(16));
    expect(span.isRecording()).toBe(false);
  });

  test("TraceIdRatioBased sampler implements OpenTelemetry tracestate `th` field", () => {
    expect(sample(new TraceIdRatioBasedSampler(0.5)).traceState?.get("ot")).toBe("th:8");
  });

  test("CompositeSampler and built-in ComposableSamplers", () => {
    const sampler = new CompositeSampler(createComposableProbabilitySampler(0.5));
    expect(sample(sampler, { context: ROOT_CONTEXT }).traceState?.get("ot")).toBe("th:8");
  });

  test("Sampler: AlwaysRecord", async () => {
    const seen: string[] = [];
    const watching: SpanProcessor = {
      onStart: (span) => void seen.push(`started ${span.isRecording()}`),
      onEnd: (span) => void seen.push(`ended ${span.name}`),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    const exporter = new CollectingSpanExporter();
    const sampler = new AlwaysRecordSampler(new AlwaysOffSampler());
    const provider = new TracerProvider({ sampler, spanProcessors: [watching, new SimpleSpanProcessor(exporter)] });
    provider.getTracer("t").startSpan("s").end();
    await provider.shutdown();
    expect(seen).toEqual(["started true", "ended s"]);
    expect(exporter.names).toEqual([]);
    expect(createAlwaysRecordSampler(new AlwaysOffSampler()).toString()).toBe("AlwaysRecordSampler{AlwaysOffSampler}");
  });
});
