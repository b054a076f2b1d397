/**
 * Configurations as others publish them, each in a process of its own with every key as it stands there: it starts,
 * takes telemetry from official exporters, lets it out where it can, and stops when asked.
 * Their ports are fixed, so they run one after the other.
 */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { credentials } from "@grpc/grpc-js";
import { ExportResultCode, type ExportResult } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as TracesOverGrpc } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as TracesOverHttp } from "@opentelemetry/exporter-trace-otlp-proto";
import { afterEach, expect, test } from "vitest";
import { CA, SERVER_CERT, SERVER_KEY } from "../packages/collector/src/net/tls.test-kit.ts";
import { freePort, startCollector, type RunningCommand } from "./collector-process.test-kit.ts";
import { counter, exportedBy, logRecord, span } from "./official-senders.test-kit.ts";
import { eventually, temporaryDirectory } from "./running-clew.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Running extends RunningCommand {
  readonly directory: string;
}

/** Starts a collector on the configuration of that name, in a directory of its own. */
async function run(name: string, env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const { path: directory, remove } = temporaryDirectory();
  cleanUps.push(remove);
  const config = fileURLToPath(new URL(`./public-configurations/${name}.yaml`, import.meta.url));
  copyFileSync(config, join(directory, "config.yaml"));
  const running = await startCollector(["--config", "config.yaml"], { env, directory });
  cleanUps.push(() => running.stop());
  return { ...running, directory };
}

interface Arrived {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Where an exporter sends to. */
async function backend(port: number): Promise<readonly Arrived[]> {
  const arrived: Arrived[] = [];
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const bytes = Buffer.concat(pieces);
      const body = (request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString("latin1");
      arrived.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", resolve);
  });
  cleanUps.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return arrived;
}

/** Sends to a collector whose backend is not there: it must not say that anything was delivered. */
async function refused<T>(exporter: Parameters<typeof exportedBy<T>>[0], items: T): Promise<void> {
  expect((await exportedBy(exporter, items)).code).toBe(ExportResultCode.FAILED);
}

async function acknowledged(...results: readonly Promise<ExportResult>[]): Promise<void> {
  for (const result of await Promise.all(results)) expect(result).toEqual({ code: ExportResultCode.SUCCESS });
}

const HTTP = "http://localhost:4318";
const overGrpc = (timeoutMillis = 10_000): TracesOverGrpc =>
  new TracesOverGrpc({ url: "http://localhost:4317", timeoutMillis });
const overHttp = (timeoutMillis = 10_000): TracesOverHttp =>
  new TracesOverHttp({ url: `${HTTP}/v1/traces`, timeoutMillis });
/** How long a client waits for a backend that is not there. */
const PATIENCE_MS = 1_000;
const logs = (): OTLPLogExporter => new OTLPLogExporter({ url: `${HTTP}/v1/logs` });
const metrics = (): OTLPMetricExporter => new OTLPMetricExporter({ url: `${HTTP}/v1/metrics` });

/** Whether something may be made there without touching what somebody else has; what needs it is left out where not. */
function mayMake(path: string): boolean {
  if (existsSync(path)) return false;
  let parent = dirname(path);
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    accessSync(parent, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A directory or, with content, a file for one test. */
function make(path: string, content?: string): void {
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(content === undefined ? path : dirname(path), { recursive: true });
  if (content !== undefined) writeFileSync(path, content);
}

test("OpenTelemetry's own example prints all three signals", async () => {
  const collector = await run("opentelemetry-local");
  await acknowledged(
    exportedBy(overGrpc(), [span("GET /")]),
    exportedBy(metrics(), counter("orders", 1)),
    exportedBy(logs(), [logRecord("hello")]),
  );
  // Each signal is in a batch of its own, which comes when it comes.
  for (const line of ["Body: Str(hello)", "Name           : GET /", "-> Name: orders"]) await collector.printed(line);
  expect((await fetch("http://localhost:55679/debug/pipelinez")).status).toBe(200);
  expect(await collector.stop()).toBe(0);
});

test("the one that comes with the contrib distribution takes spans on every port", async () => {
  const collector = await run("contrib-default");
  const zipkin = [{ traceId: "1".repeat(32), id: "2".repeat(16), name: "from zipkin", timestamp: 1_000, duration: 5 }];
  await fetch("http://localhost:9411/api/v2/spans", { method: "POST", body: JSON.stringify(zipkin) });
  await acknowledged(exportedBy(overGrpc(), [span("over gRPC")]), exportedBy(overHttp(), [span("over HTTP")]));
  for (const name of ["from zipkin", "over gRPC", "over HTTP"]) await collector.printed(`Name           : ${name}`);
  const pages = ["13133", "1777/debug/pprof/heap", "55679/debug/servicez", "8888/metrics"];
  for (const page of pages) expect((await fetch(`http://localhost:${page}`)).status).toBe(200);
  expect(await collector.stop()).toBe(0);
});

test("the tutorial's goes on though its Jaeger is not there", async () => {
  const collector = await run("tutorial");
  // All three wait for `batch`, which waits for five seconds.
  const sending = refused(overGrpc(PATIENCE_MS), [span("create_order")]);
  await acknowledged(exportedBy(metrics(), counter("orders.created", 3)), exportedBy(logs(), [logRecord("hello")]));
  const page = await eventually(
    async () => (await fetch("http://localhost:8889/metrics")).text(),
    (text) => text.includes("myapp_orders_created"),
  );
  expect(page).toMatch(/^myapp_orders_created_ratio_total\{.*\} 3|^myapp_orders_created_total\{.*\} 3/m);
  await collector.printed("Exporting failed. Will retry the request after interval.");
  expect(await collector.stop()).toBe(0);
  await sending;
});

test("OpenTelemetry's gateway and Jaeger's load balancer start before what they send to", async () => {
  const gateway = await run("opentelemetry-gateway");
  await refused(overGrpc(PATIENCE_MS), [span("a"), span("b"), span("c")]);
  await gateway.printed("Will retry");
  expect(await gateway.stop()).toBe(0);
  const balancer = await run("jaeger-tail-sampling");
  await refused(overHttp(PATIENCE_MS), [span("a")]);
  await balancer.printed("Will retry");
  expect(balancer.stderr()).toContain('"loadbalancing" alias is deprecated; use "load_balancing" instead');
  expect(await balancer.stop()).toBe(0);
});

test("Dynatrace's tail sampling keeps what failed and what was slow", async () => {
  const port = await freePort();
  const arrived = await backend(port);
  const collector = await run("dynatrace-tail-sampling", {
    DT_ENDPOINT: `http://localhost:${port}`,
    API_TOKEN: "token",
  });
  await acknowledged(
    exportedBy(overGrpc(), [
      span("failed", { isError: true }),
      span("slow", { durationMs: 900 }),
      span("ordinary", { durationMs: 1 }),
    ]),
  );
  // Its decision waits for half a minute, or for the end.
  expect(await collector.stop()).toBe(0);
  const bodies = arrived.map(({ body }) => body).join("");
  expect(["failed", "slow", "ordinary"].filter((name) => bodies.includes(name))).toEqual(["failed", "slow"]);
  expect(arrived[0]).toMatchObject({ path: "/v1/traces", headers: { authorization: "Api-Token token" } });
});

test("Dynatrace's span metrics leave as sums and counts, and not as histograms", async () => {
  const port = await freePort();
  const arrived = await backend(port);
  const collector = await run("dynatrace-spanmetrics", { DT_ENDPOINT: `http://localhost:${port}`, API_TOKEN: "token" });
  await acknowledged(exportedBy(overGrpc(), [span("GET /items", { service: "items" })]));
  // The metrics wait for a quarter of a minute, or for the end.
  expect(await collector.stop()).toBe(0);
  const bodies = arrived.filter(({ path }) => path === "/v1/metrics").map(({ body }) => body);
  const names = new Set(bodies.join().match(/requests\.[a-z_.]+/g));
  expect(names).toEqual(new Set(["requests.calls", "requests.duration_count", "requests.duration_sum"]));
  expect(bodies.join()).toContain("{requests}");
});

test("Dynatrace's OTTL masks numbers of credit cards", async () => {
  const port = await freePort();
  const arrived = await backend(port);
  const collector = await run("dynatrace-masking-creditcards", {
    DT_ENDPOINT: `http://localhost:${port}`,
    API_TOKEN: "token",
  });
  await acknowledged(
    exportedBy(overGrpc(), [span("pay", { attributes: { card: "5555 5555 5555 4444", shop: "corner" } })]),
  );
  expect(await collector.stop()).toBe(0);
  const [{ body } = { body: "" }] = arrived;
  expect(body).toContain("corner");
  expect(body).toContain("**** 4444");
  expect(body).not.toContain("5555 5555");
});

test("Jaeger's monitoring serves Prometheus, and both of its receivers answer", async () => {
  const collector = await run("jaeger-monitor");
  const sending = refused(overHttp(PATIENCE_MS), [span("GET /items", { service: "items" })]);
  await collector.printed("Will retry");
  expect((await fetch("http://localhost:8889/metrics")).status).toBe(200);
  expect((await fetch("http://localhost:14278/api/traces", { method: "POST" })).status).toBe(400);
  expect(await collector.stop()).toBe(0);
  await sending;
});

test("Logfire's routing sends each tenant's spans down its own pipeline", async () => {
  const collector = await run("logfire-routing", {
    LOGFIRE_TOKEN_ACME: "a",
    LOGFIRE_TOKEN_GLOBEX: "g",
    LOGFIRE_TOKEN_INTERNAL: "i",
  });
  const sending = refused(overHttp(PATIENCE_MS), [
    span("one", { attributes: { tenant: "acme" } }),
    span("two", { attributes: { tenant: "other" } }),
  ]);
  await eventually(
    async () => collector.stderr(),
    (text) => ["acme", "internal"].every((tenant) => new RegExp(`retry.*otlphttp/${tenant}`).test(text)),
  );
  expect(collector.stderr()).not.toMatch(/retry.*otlphttp\/globex/);
  expect(await collector.stop()).toBe(0);
  await sending;
});

test("Splunk's agent writes the host's metrics, and says of everything where it was", async () => {
  const collector = await run("splunk-agent");
  await acknowledged(exportedBy(overHttp(), [span("checkout")]));
  const written = await eventually(
    async () => readFileSync(join(collector.directory, "agent.out"), "utf8"),
    (text) => text.includes("system.cpu.time") && text.includes("checkout"),
  );
  for (const line of written.trimEnd().split("\n")) {
    expect(line).toContain('{"key":"otelcol.service.mode","value":{"stringValue":"agent"}}');
    expect(line).toContain('"host.name"');
  }
  expect(await collector.stop()).toBe(0);
});

test("OpenTelemetry's agent writes logs into a file", async () => {
  const collector = await run("opentelemetry-agent-logs");
  await acknowledged(exportedBy(logs(), [logRecord("to the file")]));
  expect(readFileSync(join(collector.directory, "app42_example.log"), "utf8")).toContain("to the file");
  expect(await collector.stop()).toBe(0);
});

test("Grafana's LGTM with authentication scrapes itself and proves who it is", async () => {
  const port = await freePort();
  const external = await backend(port);
  const prometheus = await backend(9090);
  const collector = await run("grafana-lgtm-auth", {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`,
    OTEL_EXPORTER_OTLP_USERNAME: "user",
    OTEL_EXPORTER_OTLP_PASSWORD: "password",
  });
  await acknowledged(exportedBy(metrics(), counter("orders", 1)));
  await eventually(
    async () => [external, prometheus].every((arrived) => arrived.some(({ body }) => body.includes("orders"))),
    (haveAll) => haveAll,
  );
  expect(external[0]?.headers.authorization).toBe(`Basic ${Buffer.from("user:password").toString("base64")}`);
  expect(prometheus[0]?.path).toBe("/api/v1/otlp/v1/metrics");
  expect(await collector.stop()).toBe(0);
});

test("Grafana's MLTP scrapes and writes remotely, where nobody is yet", async () => {
  const collector = await run("grafana-mltp");
  await refused(overGrpc(PATIENCE_MS), [span("GET /")]);
  await collector.printed("Failed to scrape Prometheus endpoint");
  await collector.printed("Will retry");
  expect(await collector.stop()).toBe(0);
});

const LOGS = "/var/log/busybox";
const STORAGE = "/var/lib/otelcol";

test.skipIf(![LOGS, STORAGE].every(mayMake))(
  "contrib's fault-tolerant logs keep what nobody takes (needs to write into /var)",
  async () => {
    const log = `${LOGS}/simple.log`;
    make(LOGS);
    make(STORAGE);
    make(`${STORAGE}/file_storage/receiver`);
    make(`${STORAGE}/file_storage/output`);
    const collector = await run("contrib-fault-tolerant-logs");
    const writing = setInterval(() => writeFileSync(log, `a line at ${Date.now()}\n`, { flag: "a" }), 200);
    cleanUps.push(() => clearInterval(writing));
    await collector.printed("Will retry");
    clearInterval(writing);
    expect(await collector.stop()).toBe(0);
    expect(collector.stderr()).toContain("The request stays in the storage.");
    const second = await run("contrib-fault-tolerant-logs");
    await second.printed("Will retry");
    expect(await second.stop()).toBe(0);
  },
);

const [CERT_FILE, KEY_FILE] = ["/etc/otel-collector.crt", "/etc/otel-collector.key"];

test.skipIf(![CERT_FILE, KEY_FILE].every(mayMake))(
  "contrib's secure tracing takes spans over TLS (needs to write into /etc)",
  async () => {
    make(CERT_FILE, SERVER_CERT);
    make(KEY_FILE, SERVER_KEY);
    const collector = await run("contrib-secure-tracing");
    const trusting = credentials.createSsl(Buffer.from(CA));
    const exporter = new TracesOverGrpc({ url: "https://localhost:55690", credentials: trusting });
    await acknowledged(exportedBy(exporter, [span("secret")]));
    await collector.printed("Name           : secret");
    expect(await collector.stop()).toBe(0);
  },
);
