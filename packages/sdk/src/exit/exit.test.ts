import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Decoded, decode } from "../otlp-schema.test-kit.ts";
import { type OtlpServer, startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";

const servers: Partial<Record<"grpc" | "http/protobuf", OtlpServer>> = {};
beforeAll(async () => {
  servers["http/protobuf"] = await startHttpServer();
  servers.grpc = await startGrpcServer();
});
beforeEach(() => {
  for (const server of Object.values(servers)) server.received.length = 0;
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
});

const START = `
  import { startSdk } from "@clew/sdk";
  import { metrics, trace } from "@opentelemetry/api";
  import { logs } from "@opentelemetry/api-logs";
  startSdk();
  const tracer = trace.getTracer("t");
  for (let i = 0; i < 700; i++) tracer.startSpan("span").end();
  metrics.getMeter("m").createCounter("c").add(1);
  metrics.getMeter("m").createObservableGauge("g").addCallback((result) => result.observe(7));
  logs.getLogger("l").emit({ body: "last words" });
`;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly log: string;
}

/** Runs a program that has just used all signals, and then does this. */
function run(how: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  return runProgram(START + how, env);
}

/** Resolves to how it ended. `readAfterMs`: so long nobody reads what it writes to standard output. */
async function runProgram(program: string, env: Readonly<Record<string, string>>, readAfterMs = 0): Promise<Ended> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
    env: { ...process.env, OTEL_LOG_LEVEL: "error", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let log = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString())).pause();
  setTimeout(() => child.stdout.resume(), readAfterMs);
  child.stderr.on("data", (text: Buffer) => (log += text.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, output, log };
}

function received(server: OtlpServer): { spans: number; metrics: string[]; bodies: string[] } {
  const bodiesOf = (what: RegExp): Uint8Array[] =>
    server.received.filter(({ path }) => what.test(path)).map(({ body }) => body);
  const scopesOf = (message: string, field: string, what: RegExp): Decoded[] =>
    bodiesOf(what).flatMap((body) => decode(message as "TracesRequest", body)[`resource_${field}`]);
  const traces = scopesOf("TracesRequest", "spans", /trace/i).flatMap(({ scope_spans }) => scope_spans);
  const metrics = scopesOf("MetricsRequest", "metrics", /metric/i).flatMap(({ scope_metrics }) => scope_metrics);
  const logs = scopesOf("LogsRequest", "logs", /log/i).flatMap(({ scope_logs }) => scope_logs);
  return {
    spans: traces.reduce((total, { spans }) => total + spans.length, 0),
    metrics: metrics
      .filter(({ scope }: Decoded) => scope.name !== "@clew/sdk")
      .flatMap((scope: Decoded) => scope.metrics.map(({ name }: Decoded) => name)),
    bodies: logs.flatMap((scope: Decoded) => scope.log_records.map(({ body }: Decoded) => body.string_value)),
  };
}

const ENDS: readonly [string, string, { code: number | null; signal: string | null }][] = [
  ["process.exit", "process.exit(7);", { code: 7, signal: null }],
  ["an uncaught error", `throw new Error("boom");`, { code: 1, signal: null }],
  ["an unhandled rejection", `Promise.reject(new Error("boom"));`, { code: 1, signal: null }],
  ["SIGTERM", `setInterval(() => {}, 1000); process.kill(process.pid, "SIGTERM");`, { code: null, signal: "SIGTERM" }],
  ["SIGINT", `setInterval(() => {}, 1000); process.kill(process.pid, "SIGINT");`, { code: null, signal: "SIGINT" }],
  [
    "a handler of its own",
    `setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(3)); process.kill(process.pid, "SIGTERM");`,
    { code: 3, signal: null },
  ],
  [
    "an event loop that never turned",
    "for (const until = Date.now() + 200; Date.now() < until;); process.exit(5);",
    { code: 5, signal: null },
  ],
  ["nothing left to do", "", { code: 0, signal: null }],
];

for (const protocol of ["http/protobuf", "grpc"] as const) {
  test.for(ENDS)(`over ${protocol}, a program that ends by %s has delivered everything, once`, async ([, how, end]) => {
    const server = servers[protocol]!;
    const ended = await run(how, { OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
    expect(ended).toMatchObject(end);
    expect(received(server)).toEqual({ spans: 700, metrics: ["c", "g"], bodies: ["last words"] });
  });
}

test.each([
  ["at once", "process.exit(0);", "() => ({ authorization: 'now' })"],
  [
    "after an export",
    "provider.forceFlush().then(() => { span(); process.exit(0); });",
    "async () => ({ authorization: 'now' })",
  ],
  [
    "on a signal",
    `setInterval(() => {}, 1000); process.kill(process.pid, "SIGTERM");`,
    "async () => ({ authorization: 'now' })",
  ],
])("the last requests have the headers of a function, where a program ends %s", async (_when, how, headers) => {
  const server = servers["http/protobuf"]!;
  await runProgram(
    `
    import { BatchSpanProcessor, OTLPTraceExporter, startSdk } from "@clew/sdk";
    import { trace } from "@opentelemetry/api";
    const provider = new BatchSpanProcessor(new OTLPTraceExporter({ url: "${server.url}/v1/traces", headers: ${headers} }));
    startSdk({ spanProcessors: [provider], metricReaders: [], logRecordProcessors: [] });
    const span = () => trace.getTracer("t").startSpan("span").end();
    span();
    ${how}`,
    {},
  );
  expect(received(server).spans).toBeGreaterThan(0);
  expect([...new Set(server.received.map((request) => request.headers.authorization))]).toEqual(["now"]);
});

const CONSOLES = { OTEL_TRACES_EXPORTER: "console", OTEL_METRICS_EXPORTER: "console", OTEL_LOGS_EXPORTER: "console" };
const OF_OBJECTS = `
  import { BatchSpanProcessor, ConsoleSpanExporter, startSdk } from "@clew/sdk";
  import { trace } from "@opentelemetry/api";
  startSdk({
    spanProcessors: [new BatchSpanProcessor(new ConsoleSpanExporter())], metricReaders: [], logRecordProcessors: [],
  });
  trace.getTracer("t").startSpan("batched").end();
`;

test.for(ENDS)("on a console, a program that ends by %s has written everything, once", async ([, how, end]) => {
  // More than a pipe holds, and nobody reads it at first.
  const { output, log, ...ended } = await runProgram(START + how, CONSOLES, 1_000);
  expect(ended).toEqual(end);
  const linesOf = (text: RegExp): number => output.split("\n").filter((line) => text.test(line)).length;
  expect([linesOf(/ SPAN span /), linesOf(/ METRIC c = 1/), linesOf(/ METRIC g = 7/), linesOf(/last words/)]).toEqual([
    700, 1, 1, 1,
  ]);
  expect(log).not.toMatch(/MaxListeners|opentelemetry error/);
});

const OTLP_LINES = {
  OTEL_TRACES_EXPORTER: "otlp/stdout",
  OTEL_METRICS_EXPORTER: "otlp/stdout",
  OTEL_LOGS_EXPORTER: "otlp/stdout",
  OTEL_RESOURCE_ATTRIBUTES: `ballast=${"x".repeat(100_000)}`, // With it the lines are more than a pipe holds.
};

test.for(ENDS)("in lines of OTLP, a program that ends by %s has written everything, once", async ([, how, end]) => {
  const { output, log, ...ended } = await runProgram(START + how, OTLP_LINES, 1_000);
  expect(ended).toEqual(end);
  const times = (text: RegExp): number => output.match(text)?.length ?? 0;
  expect([
    times(/"name":"span"/g),
    times(/"name":"c"/g),
    times(/"name":"g"/g),
    times(/"stringValue":"last words"/g),
  ]).toEqual([700, 1, 1, 1]);
  expect(log).not.toMatch(/opentelemetry error/);
});

test.each(["process.exit(0);", ""])("an exporter of objects gets the last batch (%s)", async (how) => {
  const { output } = await runProgram(OF_OBJECTS + how, {});
  expect(output).toMatch(/ SPAN batched /);
});

test("where nobody listens the program ends as it would have, soon, and says what was lost", async () => {
  const ended = await run("process.exit(7);", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });
  expect(ended.code).toBe(7);
  expect(ended.log).toContain("requests were not accepted at the end of the process");
});

test("what waits for a retry does not hold the process up, is tried once more, and not lost where somebody listens by then", async () => {
  const refused = 2;
  const server = await startHttpServer((index) => ({ status: index < refused ? 503 : 200 }));
  const ended = await run("setTimeout(() => {}, 300);", {
    OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
    OTEL_BSP_SCHEDULE_DELAY: "1",
    OTEL_BLRP_SCHEDULE_DELAY: "1",
  });
  await server.close();
  expect(ended.code).toBe(0);
  server.received.splice(0, refused);
  const { spans, bodies } = received(server);
  expect({ spans, bodies }).toEqual({ spans: 700, bodies: ["last words"] });
});

test("a process ends though it exports metrics all the time and nobody takes them", async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_METRIC_EXPORT_INTERVAL: "50" };
  const ended = await run("setTimeout(() => {}, 500);", env);
  expect(ended.code).toBe(0);
  expect(ended.log).not.toContain("MaxListenersExceededWarning");
});

test("exitTimeoutMillis 0 leaves signals to the application", async () => {
  const how = `
    (await import("@clew/sdk")).startSdk({ exitTimeoutMillis: 0 });
    process.exitCode = process.listenerCount("SIGTERM") === 1 ? 0 : 9; // The first SDK's.
    process.exit();`;
  const server = servers["http/protobuf"]!;
  expect((await run(how, { OTEL_EXPORTER_OTLP_ENDPOINT: server.url })).code).toBe(0);
});
