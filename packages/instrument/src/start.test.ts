/** What a process that loads the entry says about itself. */
import { afterEach, expect, test } from "vitest";
import { type AppSource, appStarter, ENTRY } from "./instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

test("with OTEL_NODE_EXPLAIN, tells at the end what was instrumented, what was not, and why", async () => {
  const app = await startApp({
    imports: { express: "express", http: "node:http" },
    env: { OTEL_NODE_EXPLAIN: "true", OTEL_NODE_DISABLED_INSTRUMENTATIONS: "pg,console" },
    code: `listening(express().get("/", (request, response) => response.end()).listen(0, "127.0.0.1")); on("end", () => {});`,
  });
  await fetch(app.url);
  await app.sink.span("GET /");
  await app.stop();
  expect(app.stderr).toMatch(/^OpenTelemetry instrumentation of process \d+:$/m);
  expect(app.stderr).toMatch(/^ {2}instrumented +http-server$/m);
  expect(app.stderr).toMatch(/^ {2}instrumented +router 2\.\d+\.\d+$/m);
  expect(app.stderr).toMatch(/^ {2}not instrumented +pg: disabled by the environment$/m);
  expect(app.stderr).toMatch(/^ {2}waiting +koa/m);
});

test("with OTEL_NODE_EXPLAIN, tells so too when a signal ends the process", async () => {
  const app = await startApp({
    env: { OTEL_NODE_EXPLAIN: "true" },
    code: `setInterval(() => {}, 1_000); tell(true);`,
  });
  await app.stop("SIGTERM");
  expect(app.stderr).toMatch(/^OpenTelemetry instrumentation of process \d+:$/m);
});

function linesOf({ stderr }: { readonly stderr: string }): string[] {
  return stderr.split("\n").filter((line) => line.includes("@clew/instrument"));
}

test("one line tells what was instrumented, what was not, and why", async () => {
  const app = await startApp({
    env: { OTEL_LOG_LEVEL: "", OTEL_NODE_DISABLED_INSTRUMENTATIONS: "pg" },
    imports: { http: "node:http" },
    code: `
      const server = http.createServer((request, response) => response.end()).listen(0, "127.0.0.1", () =>
        fetch("http://127.0.0.1:" + server.address().port).then(() => setTimeout(tell, 1_200, true)));`,
  });
  expect(linesOf(app)).toEqual([
    expect.stringMatching(
      /^@clew\/instrument \S+ in process \d+: instrumented: .*http-server, .*undici.*; not instrumented: pg \(disabled by the environment\); waiting to be used: .*express/,
    ),
  ]);
  await app.stop();
  expect(linesOf(app)).toHaveLength(1);
});

test("a process that ends at once tells it at its end, and with a higher OTEL_LOG_LEVEL not at all", async () => {
  const code = "process.send({ value: true }, () => process.exit());";
  const app = await startApp({ env: { OTEL_LOG_LEVEL: "info" }, code });
  await app.ended();
  expect(linesOf(app)).toHaveLength(1);
  const silent = await startApp({ env: { OTEL_LOG_LEVEL: "warn" }, code });
  await silent.ended();
  expect(silent.stderr).toBe("");
});

test("a version that was not tested is left alone, and that is told", async () => {
  const app = await startApp({
    modules: "CommonJS",
    imports: { koa: "koa" },
    packages: {
      "koa/package.json": '{"version":"99.0.0","main":"lib/application.js"}',
      "koa/lib/application.js": "module.exports = class {}",
    },
    env: { OTEL_NODE_EXPLAIN: "true" },
    code: `tell(typeof koa);`,
  });
  await app.stop();
  expect(app.stderr).toMatch(/not instrumented +koa 99\.0\.0: major version 2 or 3 is supported/);
});

test("another copy of the API that cannot see this SDK is told, with where it is and what to do", async () => {
  const app = await startApp({
    modules: "CommonJS",
    imports: { api: "@opentelemetry/api" },
    packages: {
      "@opentelemetry/api/package.json": '{"version":"1.99.0","main":"index.js"}',
      "@opentelemetry/api/index.js": "module.exports = {}",
    },
    code: `tell(true);`,
  });
  expect(app.stderr).toMatch(/@opentelemetry\/api 1\.99\.0: the copy in \S+ cannot use what version \S+ registered/);
});

test("another SDK that is loaded is told", async () => {
  const app = await startApp({
    modules: "CommonJS",
    imports: { sdk: "dd-trace" },
    packages: { "dd-trace/package.json": '{"version":"5.0.0","main":"index.js"}', "dd-trace/index.js": "" },
    code: `tell(true);`,
  });
  expect(app.stderr).toContain("another SDK, dd-trace");
});

test("a package whose exports load more when they are read is not read", async () => {
  const source: AppSource = {
    modules: "CommonJS",
    imports: { lazy: "lazy" },
    packages: {
      "lazy/package.json": '{"version":"1.0.0","main":"index.js"}',
      "lazy/index.js": `globalThis.reads = 0; Object.defineProperty(module, "exports", { get() { globalThis.reads++; return {}; } });`,
    },
    code: `tell(globalThis.reads);`,
  };
  const instrumented = await startApp(source);
  const plain = await startApp({ ...source, nodeArguments: [] });
  expect(instrumented.told).toEqual(plain.told);
});

test("a program whose collector is not there ends within seconds, with its own exit code", async () => {
  const app = await startApp({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
      OTEL_LOG_LEVEL: "none",
      OTEL_BLRP_SCHEDULE_DELAY: "",
      OTEL_METRIC_EXPORT_INTERVAL: "",
    },
    code: `console.log("done"); process.exitCode = 3; tell(true); process.removeAllListeners("disconnect"); process.disconnect();`,
  });
  expect(await app.ended()).toBe(3);
}, 8_000);

test("does nothing a second time, nor where OTEL_SDK_DISABLED says so", async () => {
  const app = await startApp({
    nodeArguments: ["--import", ENTRY, "--import", `${ENTRY}?again`],
    imports: { http: "node:http" },
    code: `listening(http.createServer((request, response) => response.end()).listen(0, "127.0.0.1"));`,
  });
  await fetch(app.url);
  await app.sink.span("GET");
  expect(app.sink.spans).toHaveLength(1);
  const disabled = await startApp({
    env: { OTEL_SDK_DISABLED: "true", OTEL_NODE_EXPLAIN: "true" },
    code: `tell(Object.hasOwn((await import("node:http")).Server.prototype, "emit"));`,
  });
  expect(disabled.told).toEqual([false]);
});
