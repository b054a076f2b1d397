import { type Attributes, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import { BatchSpanProcessor, TracerProvider, ZipkinExporter } from "../../index.ts";
import { type LoopbackServer, startLoopbackServer } from "../../loopback-server.test-kit.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";
import { sendSpan, sent, startZipkinServer } from "./zipkin-spans.test-kit.ts";

const servers: LoopbackServer[] = [];
afterEach(() => {
  unregisterAll();
  for (const server of servers.splice(0)) server.close();
});

async function started<Server extends LoopbackServer>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  servers.push(server);
  return server;
}

test("a span as Zipkin has it, sent to its endpoint; what is empty is absent", async () => {
  const span = await sent({ attributes: { a: "x" } });
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
  const server = await started(startZipkinServer());
  const exporter = new ZipkinExporter({ url: server.url, env: {} });
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { env: {} })] });
  const parent = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
  provider.getTracer("t").startSpan("work", {}, trace.setSpanContext(ROOT_CONTEXT, parent)).end();
  await provider.shutdown();
  expect(server.received[0]?.[0]).toMatchObject({ traceId: parent.traceId, parentId: parent.spanId });
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
  const server = await started(startZipkinServer(400));
  await sendSpan({}, { url: server.url });
  expect(diagnostics.lines).toEqual([expect.stringMatching(/^error .*Zipkin: HTTP 400/)]);
});

test("headers are asked for before each request", async () => {
  const seen: unknown[] = [];
  const server = await started(
    startLoopbackServer(({ headers }) => {
      seen.push(headers["x-token"]);
      return { status: 202 };
    }),
  );
  await sendSpan(
    {},
    { url: server.url, headers: { "x-token": "old" }, getExportRequestHeaders: () => ({ "X-Token": "new" }) },
  );
  expect(seen).toEqual(["new"]);
});

test("the environment names the endpoint, and a bad one is warned of", async () => {
  const diagnostics = collectDiagnostics();
  const server = await started(startZipkinServer());
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
