import { request } from "node:http";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { appStarter } from "./instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

const CLIENT = 3;
const FILE = "node_modules/configuration/otel.yaml";

/** With traces only: what is not there is off, and instrumentations work without. */
function yaml(instrumentation: string): string {
  return `
file_format: "1.1"
tracer_provider:
  processors:
    - batch:
        schedule_delay: 10
        exporter:
          otlp_http:
            endpoint: \${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces
instrumentation/development:
${instrumentation}`;
}

test("a configuration file says which headers are captured, which methods are known, what is hidden, and what is off", async () => {
  const app = await startApp({
    imports: { http: "node:http" },
    code: `listening(http.createServer((request, response) => {
      response.setHeader("x-answer", "b");
      fetch("http://127.0.0.1:" + request.socket.localPort + "/", { method: "HEAD" }).catch(() => {});
      response.end("hello");
    }).listen(0, "127.0.0.1"));
    on("leave", () => process.exit(0));`,
    env: { OTEL_CONFIG_FILE: FILE, OTEL_NODE_EXPLAIN: "true" },
    packages: {
      "configuration/otel.yaml": yaml(`
  general:
    http:
      server:
        request_captured_headers: [X-Question]
        response_captured_headers: [X-Answer]
        known_methods: [GET, PURGE]
    sanitization:
      url:
        sensitive_query_parameters: [token]
  js:
    undici:
      enabled: false
`),
    },
  });
  const sent = request(`${app.url}/?token=1&sig=2`, { method: "PURGE", headers: { "x-question": "a" } }).end();
  const [response] = (await once(sent, "response")) as [NodeJS.ReadableStream];
  response.resume();
  const span = await app.sink.span("PURGE");
  expect(span.attributes).toMatchObject({
    "http.request.method": "PURGE",
    "http.request.header.x-question": ["a"],
    "http.response.header.x-answer": ["b"],
    "url.query": "token=REDACTED&sig=2",
  });
  expect((await app.sink.span("HTTP")).attributes).toMatchObject({ "http.request.method_original": "HEAD" });
  expect(app.sink.spans.filter(({ kind }) => kind === CLIENT)).toEqual([]);
  const gone = app.run("leave").catch(() => {});
  await app.ended();
  void gone;
  expect(app.stderr).toContain("disabled by the configuration file");
});
