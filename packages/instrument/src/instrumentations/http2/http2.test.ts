import { afterEach, describe, expect, test } from "vitest";
import { appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

const CALL = `
  const client = http2.connect("http://127.0.0.1:" + server.address().port);
  const call = (path) => new Promise((resolve, reject) => {
    const stream = client.request({ ":path": path });
    let status; let body = "";
    stream.on("response", (headers) => { status = headers[":status"]; });
    stream.on("data", (chunk) => { body += chunk; });
    stream.on("end", () => resolve([status, body]));
    stream.on("error", reject);
    stream.end();
  });`;

const SERVERS = {
  "of requests": `http2.createServer((request, response) => {
    trace.getTracer("app").startSpan("work").end();
    response.statusCode = request.url === "/fails" ? 503 : 200;
    response.end("hello");
  })`,
  "of streams": `http2.createServer().on("stream", (stream, headers) => {
    trace.getTracer("app").startSpan("work").end();
    stream.respond({ ":status": headers[":path"] === "/fails" ? 503 : 200 });
    stream.end("hello");
  })`,
};

describe.each(Object.entries(SERVERS))("a server %s and a client", (_, server) => {
  test.each(MODULE_SYSTEMS)("in %s, both have a span, the server's below the client's", async (modules) => {
    const app = await startApp({
      modules,
      imports: { http2: "node:http2", "{ trace }": "@opentelemetry/api" },
      code: `
        const server = ${server}.listen(0, "127.0.0.1", () => { ${CALL} on("call", () => call("/x?a=1")); on("fail", () => call("/fails")); listening(server); });`,
    });
    expect(await app.run("call")).toEqual([200, "hello"]);
    const [client, served, work] = await app.sink.until(({ spans }) => {
      const found = [3, 2, 1].map((kind) => spans.find((span) => span.kind === kind));
      return found.every((span) => span !== undefined) && found;
    });
    expect(served).toMatchObject({ name: "GET", traceId: client?.traceId, parentSpanId: client?.spanId });
    expect(work).toMatchObject({ name: "work", parentSpanId: served?.spanId });
    const { host, port } = new URL(app.url);
    expect(client?.attributes).toMatchObject({
      "http.request.method": "GET",
      "http.response.status_code": 200,
      "url.full": `http://${host}/x?a=1`,
      "server.address": "127.0.0.1",
      "server.port": Number(port),
      "network.protocol.version": "2",
    });
    expect(served?.attributes).toMatchObject({
      "http.response.status_code": 200,
      "url.path": "/x",
      "url.query": "a=1",
      "url.scheme": "http",
      "server.port": Number(port),
      "network.protocol.version": "2",
    });
    expect(await app.run("fail")).toEqual([503, "hello"]);
    await app.sink.until(({ spans }) => spans.filter(({ status }) => status.code === 2).length === 2);
  });
});
