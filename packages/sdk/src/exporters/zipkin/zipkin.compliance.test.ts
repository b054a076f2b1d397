/** Zipkin's rows of the specification's compliance matrix, section "Exporters". */
import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { sent, tagsOf } from "./zipkin-spans.test-kit.ts";

describe("compliance: Exporters", () => {
  test("Zipkin V2 JSON", async () => {
    expect(await sent({})).toMatchObject({ name: "work" });
  });

  test("Service name mapping", async () => {
    expect((await sent({ resource: { "service.name": "a", "service.namespace": "n" } }))["localEndpoint"]).toEqual({
      serviceName: "a",
    });
    expect((await sent({ resource: {} }))["localEndpoint"]).toEqual({
      serviceName: expect.stringMatching(/^unknown_service:/),
    });
    expect((await sent({}, { serviceName: "own" }))["localEndpoint"]).toEqual({ serviceName: "own" });
  });

  test("SpanKind mapping", async () => {
    const kinds = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
    const mapped: unknown[] = [];
    for (const kind of kinds) mapped.push((await sent({ kind }))["kind"]);
    expect(mapped).toEqual([undefined, "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]);
  });

  test("InstrumentationLibrary mapping", async () => {
    expect(await tagsOf({})).toMatchObject({ "otel.library.name": "lib", "otel.library.version": "1.2" });
  });

  test("InstrumentationScope mapping", async () => {
    expect(await tagsOf({})).toMatchObject({ "otel.scope.name": "lib", "otel.scope.version": "1.2" });
  });

  test("Boolean attributes", async () => {
    expect(await tagsOf({ attributes: { yes: true, no: false, error: false } })).toMatchObject({
      yes: "true",
      no: "false",
    });
    expect(await tagsOf({ attributes: { error: false } })).not.toHaveProperty("error");
  });

  test("Array attributes", async () => {
    expect(await tagsOf({ attributes: { list: ["a", "b"], numbers: [1, 2] } })).toMatchObject({
      list: '["a","b"]',
      numbers: "[1,2]",
    });
  });

  test("Status mapping", async () => {
    expect(await tagsOf({})).not.toHaveProperty("otel.status_code");
    const tags = await tagsOf({ with: (span) => void span.setStatus({ code: SpanStatusCode.OK }) });
    expect(tags).toMatchObject({ "otel.status_code": "OK" });
    expect(tags).not.toHaveProperty("error");
  });

  test("Error Status mapping", async () => {
    const failed = (message?: string) => (span: Span) =>
      void span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
    expect(await tagsOf({ with: failed("no stock") })).toMatchObject({
      "otel.status_code": "ERROR",
      error: "no stock",
    });
    expect(await tagsOf({ with: failed() })).toMatchObject({ "otel.status_code": "ERROR", error: "" });
  });

  test("Event attributes mapping to Annotations", async () => {
    const span = await sent({
      with: (one) =>
        void one.addEvent("retry", { attempt: 2, why: "busy" }, [10, 5_999]).addEvent("plain", [10, 7_000]),
    });
    expect(span["annotations"]).toEqual([
      { timestamp: 10_000_005, value: '"retry": {"attempt":2,"why":"busy"}' },
      { timestamp: 10_000_007, value: "plain" },
    ]);
  });

  test("Integer microseconds in timestamps", async () => {
    expect(await sent({})).toMatchObject({ timestamp: 10_000_000, duration: 1_234 });
  });
});
