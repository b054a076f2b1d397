import http from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);
const SERVER = 2;

describe.each(MODULE_SYSTEMS)("a node:http server in %s", (modules) => {
  test("has one server span a request, with the attributes of the conventions, in the caller's trace", async () => {
    const app = await startApp({
      modules,
      imports: { http: "node:http" },
      code: `listening(http.createServer((request, response) => response.end("hello")).listen(0, "127.0.0.1"));`,
    });
    const response = await fetch(`${app.url}/orders?page=2&sig=secret`, {
      headers: {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "user-agent": "test",
      },
    });
    expect(await response.text()).toBe("hello");
    const span = await app.sink.span("GET");
    expect(span).toMatchObject({
      kind: SERVER,
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parentSpanId: "b7ad6b7169203331",
      status: { code: 0 },
      service: "app",
    });
    const { port } = new URL(app.url);
    expect(span.attributes).toEqual({
      "http.request.method": "GET",
      "http.response.status_code": 200,
      "url.scheme": "http",
      "url.path": "/orders",
      "url.query": "page=2&sig=REDACTED",
      "server.address": "127.0.0.1",
      "server.port": Number(port),
      "client.address": "127.0.0.1",
      "network.peer.address": "127.0.0.1",
      "network.peer.port": expect.any(Number),
      "network.protocol.version": "1.1",
      "user_agent.original": "test",
    });
    expect(app.sink.spans).toHaveLength(1);
  });

  test("runs handlers in the span's context, across awaits, for requests at once on one connection each", async () => {
    const app = await startApp({
      modules,
      imports: { http: "node:http", "{ trace }": "@opentelemetry/api" },
      code: `
        const tracer = trace.getTracer("app");
        listening(http.createServer(async (request, response) => {
          await new Promise(setImmediate);
          tracer.startSpan("work " + request.url).end();
          response.end();
        }).listen(0, "127.0.0.1"));`,
    });
    await Promise.all(Array.from({ length: 8 }, (_, index) => fetch(`${app.url}/${index}`).then((one) => one.text())));
    const spans = await app.sink.until(({ spans }) => spans.length === 16 && spans);
    for (const work of spans.filter(({ name }) => name.startsWith("work"))) {
      const parent = spans.find(({ spanId }) => spanId === work.parentSpanId);
      expect(`work ${String(parent?.attributes["url.path"])}`).toBe(work.name);
    }
  });

  test("counts active requests and records durations by method, status and scheme", async () => {
    const app = await startApp({
      modules,
      imports: { http: "node:http" },
      code: `listening(http.createServer((request, response) => { response.statusCode = 503; response.end(); }).listen(0, "127.0.0.1"));`,
    });
    await fetch(app.url);
    const [duration, active] = await app.sink.until(({ points }) => {
      const duration = points.find(({ metric }) => metric === "http.server.request.duration");
      const active = points.find(({ metric }) => metric === "http.server.active_requests");
      return duration !== undefined && active !== undefined && active.value === 0 && ([duration, active] as const);
    });
    expect(duration).toMatchObject({ unit: "s", count: 1 });
    expect(duration.attributes).toEqual({
      "http.request.method": "GET",
      "http.response.status_code": 503,
      "url.scheme": "http",
      "network.protocol.version": "1.1",
      "error.type": "503",
    });
    expect(active.attributes).toEqual({ "http.request.method": "GET", "url.scheme": "http" });
  });
});

test.each([
  ["that is sampled", "always_on", ""],
  ["that is not", "always_off", ""],
  ["that the application ends itself", "always_on", "trace.getActiveSpan().end();"],
])("the duration of a request with a span %s is what it took", async (_, sampler, begin) => {
  const app = await startApp({
    imports: { http: "node:http", "{ trace }": "@opentelemetry/api" },
    env: { OTEL_TRACES_SAMPLER: sampler },
    code: `listening(http.createServer((request, response) => { ${begin} setTimeout(() => response.end(), 150); }).listen(0, "127.0.0.1"));`,
  });
  const before = performance.now();
  await (await fetch(app.url)).text();
  const tookSeconds = (performance.now() - before) / 1_000;
  const duration = await app.sink.until(({ points }) =>
    points.find(({ metric }) => metric === "http.server.request.duration"),
  );
  expect(duration.sum).toBeGreaterThan(0.14);
  expect(duration.sum).toBeLessThan(tookSeconds + 1);
});

test("a span fails by a 5xx, not by a 4xx", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    code: `listening(http.createServer((request, response) => response.writeHead(Number(request.url.slice(1))).end()).listen(0, "127.0.0.1"));`,
  });
  await fetch(`${app.url}/404`);
  await fetch(`${app.url}/500`);
  const spans = await app.sink.until(({ spans }) => spans.length === 2 && spans);
  const outcomes = spans.map(({ attributes, status }) => [
    attributes["http.response.status_code"],
    status.code,
    attributes["error.type"],
  ]);
  expect(outcomes).toEqual([
    [404, 0, undefined],
    [500, 2, "500"],
  ]);
});

test("a method that no standard knows is _OTHER, with the original beside it", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    code: `listening(http.createServer((request, response) => response.end()).listen(0, "127.0.0.1"));`,
  });
  await new Promise((resolve) =>
    http.request(app.url, { method: "PURGE" }, (one) => one.resume().on("end", resolve)).end(),
  );
  const span = await app.sink.span("HTTP");
  expect(span.attributes).toMatchObject({ "http.request.method": "_OTHER", "http.request.method_original": "PURGE" });
});

test("a request whose client goes away before the answer ends as aborted, and is active no longer", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    code: `listening(http.createServer((request, response) => tell("came")).listen(0, "127.0.0.1"));`,
  });
  const request = http.get(app.url);
  request.on("error", () => {});
  await app.hasTold(1);
  request.destroy();
  const span = await app.sink.span("GET");
  expect(span.attributes["error.type"]).toBe("aborted");
  expect(span.attributes["http.response.status_code"]).toBeUndefined();
  await app.sink.until(({ points }) =>
    points.some(({ metric, value }) => metric === "http.server.active_requests" && value === 0),
  );
});

test("takes client, host and scheme from the proxy's headers", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    code: `listening(http.createServer((request, response) => response.end()).listen(0, "127.0.0.1"));`,
  });
  await fetch(app.url, {
    headers: {
      "x-forwarded-for": "203.0.113.9, 10.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.example",
    },
  });
  const span = await app.sink.span("GET");
  expect(span.attributes).toMatchObject({
    "client.address": "203.0.113.9",
    "url.scheme": "https",
    "server.address": "shop.example",
    "network.peer.address": "127.0.0.1",
  });
});

test("keeps headers only when they are listed, and hides those that are to be sanitized", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    env: {
      OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST: "X-Tenant,authorization",
      OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE: "content-type",
      OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS: "authori.*",
    },
    code: `listening(http.createServer((request, response) => response.setHeader("content-type", "text/plain").end()).listen(0, "127.0.0.1"));`,
  });
  await fetch(app.url, { headers: { "x-tenant": "a", authorization: "secret", "x-other": "b" } });
  const { attributes } = await app.sink.span("GET");
  const headers = Object.fromEntries(Object.entries(attributes).filter(([key]) => key.includes(".header.")));
  expect(headers).toEqual({
    "http.request.header.x-tenant": ["a"],
    "http.request.header.authorization": ["[REDACTED]"],
    "http.response.header.content-type": ["text/plain"],
  });
});

test("leaves out requests whose URL is excluded", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    env: { OTEL_PYTHON_EXCLUDED_URLS: "^/healthz" },
    code: `listening(http.createServer((request, response) => response.end()).listen(0, "127.0.0.1"));`,
  });
  await fetch(`${app.url}/healthz`);
  await fetch(`${app.url}/orders`);
  const span = await app.sink.span("GET");
  expect(span.attributes["url.path"]).toBe("/orders");
});
