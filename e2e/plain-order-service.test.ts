/** The example without telemetry code, run as its README says, through `opentelemetry-instrument`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TelemetrySink } from "../packages/instrument/src/telemetry-sink.test-kit.ts";

const EXAMPLE = fileURLToPath(new URL("../examples/plain-order-service/", import.meta.url));
const LAUNCHER = fileURLToPath(new URL("../packages/instrument/bin/opentelemetry-instrument.js", import.meta.url));

interface Line {
  readonly msg: string;
  readonly port?: number;
  readonly trace_id?: string;
  readonly span_id?: string;
}

let sink: TelemetrySink;
const children: ChildProcess[] = [];
const lines: Line[] = [];
let orders = "";

beforeAll(async () => {
  sink = await TelemetrySink.start();
  const inventory = await start("inventory", "src/inventory.js", {});
  orders = await start("orders", "src/orders.js", { INVENTORY_URL: inventory });
});
afterAll(async () => {
  for (const child of children) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
  await sink.close();
});

/** Resolves with its address. */
async function start(name: string, file: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, [LAUNCHER, "--service_name", name, process.execPath, file], {
    cwd: EXAMPLE,
    env: {
      ...process.env,
      PORT: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_NODE_LOG_CORRELATION: "true",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_METRIC_EXPORT_INTERVAL: "500",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      if (line.port !== undefined) resolve(`http://127.0.0.1:${line.port}`);
    });
  });
}

test("an order is one trace through both services, and their log lines belong to it", async () => {
  const answer = await fetch(`${orders}/orders/order-1`, { method: "POST" });
  expect(await answer.json()).toEqual({ status: "confirmed" });
  const server = await sink.span("POST /orders/:id");
  const inventory = await sink.span("GET /items/:id");
  const call = await sink.until(({ spans }) => spans.find(({ spanId }) => spanId === inventory.parentSpanId));
  expect([server.service, call.service, inventory.service]).toEqual(["orders", "orders", "inventory"]);
  expect(call.parentSpanId).toBe(server.spanId);
  expect(server.attributes).toMatchObject({
    "http.route": "/orders/:id",
    "http.request.method": "POST",
    "http.response.status_code": 200,
  });

  const confirmed = lines.find(({ msg }) => msg === "order confirmed");
  expect(confirmed).toMatchObject({ trace_id: server.traceId, span_id: server.spanId });
  const record = await sink.until(({ logs }) => logs.find(({ body }) => body === "looked up"));
  expect(record).toMatchObject({ traceId: server.traceId, spanId: inventory.spanId, severityText: "info" });
});

test("an error is recorded in both services, and what is not available is none", async () => {
  expect((await fetch(`${orders}/orders/order-29`, { method: "POST" })).status).toBe(500);
  expect((await fetch(`${orders}/orders/order-17`, { method: "POST" })).status).toBe(422);
  const failed = await sink.until(({ spans }) => {
    const servers = spans.filter(({ kind, status }) => kind === 2 && status.code === 2);
    return servers.length === 2 && servers;
  });
  expect(new Set(failed.map(({ service }) => service))).toEqual(new Set(["inventory", "orders"]));
  expect(failed.map(({ attributes }) => attributes["http.response.status_code"])).toEqual([500, 500]);
});

test("its requests are measured by route and status", async () => {
  const point = await sink.until(({ points }) =>
    points.find(
      ({ metric, attributes }) =>
        metric === "http.server.request.duration" && attributes["http.route"] === "/orders/:id",
    ),
  );
  expect(point.unit).toBe("s");
  expect(point.count).toBeGreaterThan(0);
});
