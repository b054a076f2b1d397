import type { IncomingHttpHeaders } from "node:http";
import { type Attributes, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import {
  BatchSpanProcessor,
  resourceFromAttributes,
  TracerProvider,
  ZipkinExporter,
  type ZipkinExporterConfig,
} from "../../index.ts";
import { type LoopbackServer, startLoopbackServer } from "../../loopback-server.test-kit.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly spans: Record<string, unknown>[];
}

let server: LoopbackServer;
let requests: Request[] = [];
let status = 202;
beforeEach(async () => {
  requests = [];
  status = 202;
  server = await startLoopbackServer(({ headers }, body) => {
    requests.push({ headers, spans: JSON.parse(body) as Record<string, unknown>[] });
    return { status };
  });
});
afterEach(() => {
  unregisterAll();
  server.close();
});

interface Made {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly resource?: Attributes;
  readonly with?: (span: Span) => void;
}

/** What Zipkin gets of a span from 10.000000001 s to 10.0012346 s after the epoch. */
async function sent(made: Made, config: ZipkinExporterConfig = {}): Promise<Record<string, unknown>> {
  const exporter = new ZipkinExporter({ url: `${server.url}/api/v2/spans`, env: {}, ...config });
  const provider = new TracerProvider({
    resource: resourceFromAttributes(made.resource ?? { "service.name": "shop" }),
    spanProcessors: [new BatchSpanProcessor(exporter, { env: {} })],
  });
  const { kind = SpanKind.INTERNAL, attributes = {} } = made;
  const span = provider.getTracer("lib", "1.2").startSpan("work", { kind, attributes, startTime: [10, 1] });
  made.with?.(span);
  span.end([10, 1_234_600]);
  await provider.shutdown();
  return requests.at(-1)?.spans[0] ?? {};
}

async function tagsOf(made: Made, config?: ZipkinExporterConfig): Promise<unknown> {
  return (await sent(made, config))["tags"];
}

test("a span as Zipkin has it, sent to its endpoint; what is empty is absent", async () => {
  const span = await sent({ attributes: { a: "x" } });
  expect(server.asked).toEqual(["POST /api/v2/spans"]);
  expect(requests[0]?.headers["content-type"]).toBe("application/json");
  expect(span).toEqual({
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    name: "work",
    timestamp: 10_000_000,
    duration: 1_234,
    localEndpoint: { serviceName: "shop" },
    tags: {
      a: "x",
      "service.name": "shop",
      "otel.scope.name": "lib",
      "otel.scope.version": "1.2",
      "otel.library.name": "lib",
      "otel.library.version": "1.2",
    },
  });
});

test("a child names its parent", async () => {
  const exporter = new ZipkinExporter({ url: server.url, env: {} });
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { env: {} })] });
  const parent = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
  provider.getTracer("t").startSpan("work", {}, trace.setSpanContext(ROOT_CONTEXT, parent)).end();
  await provider.shutdown();
  expect(requests[0]?.spans[0]).toMatchObject({ traceId: parent.traceId, parentId: parent.spanId });
});

test.each<[string, SpanKind, Attributes, object | undefined]>([
  ["the peer's service", SpanKind.CLIENT, { "server.address": "db", "peer.service": "pg" }, { serviceName: "pg" }],
  ["the server's name", SpanKind.PRODUCER, { "server.address": "db" }, { serviceName: "db" }],
  [
    "the peer's address and port",
    SpanKind.CLIENT,
    { "network.peer.address": "10.1.2.80", "network.peer.port": 5432 },
    { ipv4: "10.1.2.80", port: 5432 },
  ],
  ["an address of version 6", SpanKind.CLIENT, { "network.peer.address": "::1" }, { ipv6: "::1" }],
  ["nothing known", SpanKind.CLIENT, {}, undefined],
  ["a server has no remote endpoint", SpanKind.SERVER, { "peer.service": "x" }, undefined],
])("the remote endpoint: %s", async (_, kind, attributes, expected) => {
  expect((await sent({ kind, attributes }))["remoteEndpoint"]).toEqual(expected);
});

test("what failed is told, and a server that refuses is reported", async () => {
  const diagnostics = collectDiagnostics();
  status = 400;
  await sent({});
  expect(diagnostics.lines).toEqual([expect.stringMatching(/^error .*Zipkin: HTTP 400/)]);
});

test("the environment names the endpoint, and a bad one is warned of", async () => {
  const diagnostics = collectDiagnostics();
  const env = { OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${server.url}/from-env` };
  const provider = new TracerProvider({
    spanProcessors: [new BatchSpanProcessor(new ZipkinExporter({ env }), { env })],
  });
  provider.getTracer("t").startSpan("work").end();
  await provider.shutdown();
  expect(server.asked).toEqual(["POST /from-env"]);
  await new ZipkinExporter({ env: { OTEL_EXPORTER_ZIPKIN_ENDPOINT: "pigeon" } }).shutdown();
  expect(diagnostics.lines).toEqual([
    expect.stringMatching(/^warn OTEL_EXPORTER_ZIPKIN_ENDPOINT is ignored: expected an address .*got "pigeon"/),
  ]);
});

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
