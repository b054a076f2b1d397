/** Parts of the SDK that most applications do without have files of their own in the bundle: each works when it is asked for. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { freePort } from "./database-servers.test-kit.ts";
import { appStarter } from "./instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);
const NO_COLLECTOR = "http://127.0.0.1:9";
const IMPORTS = { api: "@opentelemetry/api" };
const WORKED = `api.trace.getTracer("t").startSpan("worked").end();`;

test("consoles and OTLP lines are written to standard output", async () => {
  const app = await startApp({
    modules: "CommonJS",
    imports: { ...IMPORTS, apiLogs: "@opentelemetry/api-logs" },
    env: {
      OTEL_TRACES_EXPORTER: "console,otlp/stdout",
      OTEL_METRICS_EXPORTER: "console,otlp/stdout",
      OTEL_LOGS_EXPORTER: "console",
    },
    code: `${WORKED} api.metrics.getMeter("m").createCounter("counted").add(1); 
      apiLogs.logs.getLogger("l").emit({ body: "said" }); tell(true);`,
  });
  await app.stop();
  expect(app.stdout).toMatch(/worked/);
  expect(app.stdout).toMatch(/"name":"worked"/);
  expect(app.stdout).toMatch(/"name":"counted"/);
  expect(app.stdout).toMatch(/said/);
  expect(app.stderr).toBe("");
});

test("OTLP as JSON", async () => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" };
  const app = await startApp({ modules: "CommonJS", imports: IMPORTS, env, code: `${WORKED} tell(true);` });
  await app.sink.span("worked");
  expect([...app.sink.contentTypes]).toEqual(["application/json"]);
});

test("OTLP over gRPC says that nobody is there", async () => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_ENDPOINT: NO_COLLECTOR };
  const app = await startApp({ modules: "CommonJS", imports: IMPORTS, env, code: `${WORKED} tell(true);` });
  await app.stop();
  expect(app.stderr).toMatch(/^opentelemetry error: .* not accepted at the end of the process$/m);
});

test("Zipkin gets spans, Prometheus its metrics", async () => {
  const asked: string[] = [];
  const zipkin = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => zipkin.listen(0, "127.0.0.1", resolve));
  const { port } = zipkin.address() as AddressInfo;
  const prometheusPort = await freePort();
  const app = await startApp({
    modules: "CommonJS",
    imports: IMPORTS,
    env: {
      OTEL_TRACES_EXPORTER: "zipkin",
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `http://127.0.0.1:${port}/api/v2/spans`,
      OTEL_METRICS_EXPORTER: "prometheus",
      OTEL_EXPORTER_PROMETHEUS_PORT: String(prometheusPort),
    },
    code: `${WORKED} api.metrics.getMeter("m").createCounter("counted").add(3); tell(true);`,
  });
  await expect.poll(() => asked).toContain("POST /api/v2/spans");
  const page = await (await fetch(`http://127.0.0.1:${prometheusPort}/metrics`)).text();
  expect(page).toMatch(/^counted_total\{.*\} 3/m);
  await app.stop();
  zipkin.close();
  expect(app.stderr).not.toContain("error");
});

test("propagators", async () => {
  const app = await startApp({
    modules: "CommonJS",
    imports: IMPORTS,
    env: { OTEL_PROPAGATORS: "jaeger,xray,xray-lambda,ottrace" },
    code: `tell(api.propagation.fields());`,
  });
  expect(app.told).toEqual([
    expect.arrayContaining(["uber-trace-id", "x-amzn-trace-id", "ot-tracer-traceid"]) as unknown,
  ]);
});

test.each(["jaeger_remote", "xray"])("the sampler %s", async (sampler) => {
  const app = await startApp({
    modules: "CommonJS",
    imports: IMPORTS,
    env: { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: `endpoint=${NO_COLLECTOR}` },
    code: `tell(api.trace.getTracer("t").startSpan("worked").spanContext().traceId.length);`,
  });
  expect(app.told).toEqual([32]);
  expect(app.stderr).not.toMatch(/did not start/);
});
