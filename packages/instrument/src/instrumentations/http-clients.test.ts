/** Clients of HTTP: each does the same requests, and what is told of them is the same. */
import { afterEach, describe, expect, test } from "vitest";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);
const CLIENT = 3;

/** `call(url)` resolves with the status and the body, or rejects. */
const CLIENTS: Readonly<Record<string, Pick<AppSource, "imports" | "code">>> = {
  "http.get": {
    code: `const call = (url) => new Promise((resolve, reject) => http.get(url, { agent }, (response) => {
      let body = ""; response.on("data", (chunk) => { body += chunk; }); response.on("end", () => resolve([response.statusCode, body]));
    }).on("error", reject));`,
  },
  "http.request": {
    code: `const call = (url) => new Promise((resolve, reject) => {
      const request = http.request(url, { agent, method: "GET" });
      request.on("response", (response) => { let body = ""; response.on("data", (chunk) => { body += chunk; }); response.on("end", () => resolve([response.statusCode, body])); });
      request.on("error", reject);
      request.end();
    });`,
  },
  fetch: {
    code: `const call = async (url) => { const response = await fetch(url); return [response.status, await response.text()]; };`,
  },
  "undici.request": {
    imports: { "{ request }": "undici" },
    code: `const call = async (url) => { const { statusCode, body } = await request(url); return [statusCode, await body.text()]; };`,
  },
};

/** A server that answers with the `traceparent` that it got, and refuses below /missing. */
const SERVER = `
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const server = http.createServer((request, response) => {
    response.statusCode = request.url.startsWith("/missing") ? 404 : 200;
    response.end(request.headers.traceparent);
  }).listen(0, "127.0.0.1");
  const base = () => "http://127.0.0.1:" + server.address().port;
  listening(server);`;

describe.each(Object.keys(CLIENTS))("%s", (name) => {
  const { imports = {}, code } = CLIENTS[name] as Pick<AppSource, "imports" | "code">;
  const start = (modules: (typeof MODULE_SYSTEMS)[number], tasks: string): ReturnType<typeof startApp> =>
    startApp({
      modules,
      imports: { http: "node:http", "{ trace }": "@opentelemetry/api", ...imports },
      env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: "http-server" },
      code: `${SERVER}${code}
        const inSpan = (name, task) => trace.getTracer("app").startActiveSpan(name, async (span) => {
          try { return await task(span); } finally { span.end(); }
        });
        ${tasks}`,
    });

  test.each(MODULE_SYSTEMS)(
    "in %s, a call has a client span below the active one, and hands it on",
    async (modules) => {
      const app = await start(
        modules,
        `on("call", () => inSpan("work", () => call(base() + "/x?Signature=secret&page=2")));`,
      );
      const [status, traceparent] = (await app.run("call")) as [number, string];
      expect(status).toBe(200);
      const span = await app.sink.span("GET");
      const work = await app.sink.span("work");
      expect(traceparent).toMatch(new RegExp(`^00-${span.traceId}-${span.spanId}-0[13]$`));
      expect(span).toMatchObject({
        kind: CLIENT,
        parentSpanId: work.spanId,
        traceId: work.traceId,
        status: { code: 0 },
      });
      const { origin, port } = new URL(app.url);
      expect(span.attributes).toMatchObject({
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.full": `${origin}/x?Signature=REDACTED&page=2`,
        "server.address": "127.0.0.1",
        "server.port": Number(port),
        "network.peer.address": "127.0.0.1",
        "network.peer.port": Number(port),
      });
      const duration = await app.sink.until(({ points }) =>
        points.find(({ metric }) => metric === "http.client.request.duration"),
      );
      expect(duration).toMatchObject({ unit: "s", count: 1 });
      expect(duration.attributes).toMatchObject({ "server.address": "127.0.0.1", "http.response.status_code": 200 });
      expect(app.sink.spans).toHaveLength(2);
    },
  );

  test("a 4xx is an error of the client, and still an answer", async () => {
    const app = await start("ESM", `on("call", () => call(base() + "/missing"));`);
    expect(await app.run("call")).toEqual([404, expect.any(String)]);
    const span = await app.sink.span("GET");
    expect(span).toMatchObject({ status: { code: 2 }, attributes: { "error.type": "404" } });
  });

  test("a connection that is refused is told on the span, and rejects as it did", async () => {
    const app = await start(
      "ESM",
      `on("call", async () => {
        await new Promise((resolve) => { server.closeAllConnections?.(); const { port } = server.address(); server.close(resolve); globalThis.port = port; });
        return call("http://127.0.0.1:" + port + "/").then(() => "answered", (error) => error.cause?.code ?? error.code);
      });`,
    );
    expect(await app.run("call")).toBe("ECONNREFUSED");
    const span = await app.sink.span("GET");
    expect(span.attributes["error.type"]).toBe("ECONNREFUSED");
    expect(span.status.code).toBe(2);
    expect(span.events).toHaveLength(1);
  });

  test("calls that wait for one connection keep their own context", async () => {
    const app = await start(
      "ESM",
      `on("call", () => Promise.all(["a", "b", "c", "d"].map((name) => inSpan(name, async (span) => {
        const [, traceparent] = await call(base() + "/" + name);
        return [traceparent.slice(3, 35) === span.spanContext().traceId, trace.getActiveSpan() === span];
      }))));`,
    );
    expect(await app.run("call")).toEqual(Array.from({ length: 4 }, () => [true, true]));
  });
});

test("a request that nobody listens to for an answer is dropped by Node as without us", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: "http-server" },
    code: `${SERVER}
      on("call", () => new Promise((resolve) => http.get(base(), { agent }).on("close", () => resolve(true))));`,
  });
  expect(await app.run("call")).toBe(true);
  const span = await app.sink.span("GET");
  expect(span.attributes["http.response.status_code"]).toBe(200);
});

test("credentials in a URL are not told", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: "http-server" },
    code: `${SERVER}
      on("call", () => new Promise((resolve) => http.get(base().replace("//", "//user:secret@"), (response) => response.resume().on("end", () => resolve(true)))));`,
  });
  await app.run("call");
  const span = await app.sink.span("GET");
  expect(JSON.stringify(span)).not.toContain("secret");
});
