/**
 * The tutorial's stack with real parts: `clew collector` on its configuration, the order
 * service as the application, `clew up` where it has Jaeger, and a real Prometheus.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDemo, type Demo } from "@clew/example-order-service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "./collector-process.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";
import { optionalTool } from "./tools.test-kit.ts";

const CLEW = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
const CONFIG = fileURLToPath(new URL("./tutorial-config.yaml", import.meta.url));
const PROGRAMS = new URL("../examples/order-service/dist/", import.meta.url);

const directory = temporaryDirectory();
const ports = { own: 0, exporter: 0, grpc: 0, http: 0 };
const printed = { collector: "" };
let backend: RunningClew;
let collector: ChildProcess;
let demo: Demo;

beforeAll(async () => {
  for (const name of ["own", "exporter", "grpc", "http"] as const) ports[name] = await freePort();
  backend = await startClew(join(directory.path, "data"));
  collector = spawn(process.execPath, [CLEW, "collector", "--config", CONFIG], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      GRPC_PORT: String(ports.grpc),
      HTTP_PORT: String(ports.http),
      PROMETHEUS_PORT: String(ports.exporter),
      OWN_METRICS_PORT: String(ports.own),
      JAEGER: new URL(backend.otlpGrpc).host,
    },
  });
  collector.stderr?.on("data", (text: Buffer) => (printed.collector += text.toString()));
  await eventually(
    () => text(metricsUrl(ports.own)),
    (answer) => answer !== "",
  );
  const endpoint = `http://127.0.0.1:${ports.grpc}`;
  demo = await startDemo({
    otlpEndpoint: endpoint,
    report: () => {},
    signal: new AbortController().signal,
    programs: PROGRAMS,
  });
});

afterAll(async () => {
  await demo.stop();
  const ended = new Promise((resolve) => collector.once("exit", resolve));
  collector.kill("SIGTERM");
  await ended;
  await backend.stop();
  directory.remove();
});

test("traces pass both collectors, get the resource attribute and are found as Jaeger's clients find them", async () => {
  const url = `${backend.ui}/api/traces?service=order-service&operation=create_order&limit=5`;
  const { data } = await eventually(
    () => getJson<{ data: { processes: Record<string, { tags: { key: string; value: unknown }[] }> }[] }>(url),
    (answer) => answer.data.length > 0,
  );
  const tags = Object.values(data[0]!.processes).map(
    (process) => process.tags.find(({ key }) => key === "environment")?.value,
  );
  expect(new Set(tags)).toEqual(new Set(["production"]));
});

test("the application's metrics stand at the Prometheus exporter under the tutorial's namespace", async () => {
  const exposition = await eventually(
    () => text(metricsUrl(ports.exporter)),
    (answer) => answer.includes("myapp_orders_created_total"),
  );
  expect(exposition).toMatch(/^# TYPE myapp_orders_created_total counter$/m);
  expect(exposition).toMatch(/^myapp_orders_processing_duration_milliseconds_bucket\{.*le="\+Inf".*\} \d+/m);
});

test("debug prints a line for each batch of each signal", async () => {
  const lines = await eventually(
    async () => printed.collector,
    (answer) => ["Traces", "Metrics", "Logs"].every((signal) => answer.includes(`info\t${signal}\t`)),
  );
  expect(lines).toMatch(/"otelcol\.component\.id": ?"debug".*"resource spans": ?\d+, "spans": ?\d+/);
});

const promtool = optionalTool("promtool");

describe.skipIf(promtool === undefined)("promtool check metrics (needs Debian's prometheus)", () => {
  test.each(["own", "exporter"] as const)("passes on the %s metrics", async (name) => {
    const exposition = await eventually(
      () => text(metricsUrl(ports[name])),
      (answer) => answer.includes("# TYPE"),
    );
    const { stderr, stdout } = spawnSync(promtool ?? "", ["check", "metrics"], { input: exposition, encoding: "utf8" });
    // The tutorial measures one histogram in milliseconds, which promtool would have in seconds: the application's choice.
    const complaints = (stdout + stderr)
      .split("\n")
      .filter((line) => line !== "" && !line.includes("orders_processing_duration_milliseconds"));
    expect(complaints).toEqual([]);
  });
});

const prometheus = optionalTool("prometheus");

describe.skipIf(prometheus === undefined)("a real Prometheus (needs Debian's prometheus)", () => {
  test("scrapes both endpoints without a warning", async () => {
    const port = await freePort();
    const config = join(directory.path, "prometheus.yml");
    const target = (name: string, targetPort: number): string =>
      `  - job_name: ${name}\n    static_configs: [{ targets: ["127.0.0.1:${targetPort}"] }]\n`;
    const scrapes = target("otel-collector", ports.exporter) + target("collector-internal", ports.own);
    writeFileSync(config, `global:\n  scrape_interval: 1s\nscrape_configs:\n${scrapes}`);
    const storage = join(directory.path, "prometheus");
    mkdirSync(storage);
    const flags = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${storage}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn(prometheus ?? "", flags, { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr?.on("data", (line: Buffer) => (log += line.toString()));
    try {
      const query = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent("sum_over_time(up[1m])")}`;
      const { data } = await eventually(
        () =>
          getJson<{ data?: { result: { metric: { job: string }; value: [number, string] }[] } }>(query).catch(() => ({
            data: undefined,
          })),
        (answer) =>
          (answer.data?.result.length ?? 0) === 2 && answer.data!.result.every(({ value }) => Number(value[1]) >= 3),
      );
      expect(data!.result.map(({ metric }) => metric.job).sort()).toEqual(["collector-internal", "otel-collector"]);
      expect(log.split("\n").filter((line) => /level=(?:warn|error)/.test(line))).toEqual([]);
    } finally {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
  });
});

function metricsUrl(port: number): string {
  return `http://127.0.0.1:${port}/metrics`;
}

async function text(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return "";
  }
}
