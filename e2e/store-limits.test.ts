/** What the store tells of itself, and `--max-disk` where it can't be held, as official exporters and Prometheus meet them. */
import { spawnSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { createServer } from "node:net";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPLogExporter as LogGrpc } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as LogProto } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter as TraceProto } from "@opentelemetry/exporter-trace-otlp-proto";
import { afterEach, expect, test } from "vitest";
import { exportedBy, logRecord, span } from "./official-senders.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";
import { optionalTool } from "./tools.test-kit.ts";

const directory = temporaryDirectory();
const promtool = optionalTool("promtool");
let clew: RunningClew | undefined;

afterEach(async () => {
  await clew?.stop();
  clew = undefined;
  directory.remove();
});

interface Status {
  readonly store: {
    readonly spoolBytes: number;
    readonly warnings: readonly string[];
    readonly disk: { readonly isFull: boolean };
  };
}

async function started(
  ...args: readonly string[]
): Promise<{ readonly running: RunningClew; readonly metrics: string }> {
  const port = await freePort();
  clew = await startClew(directory.path, ["--metrics-port", String(port), ...args]);
  return { running: clew, metrics: `http://127.0.0.1:${port}/metrics` };
}

/**
 * One that nobody listens on, since the program does not print where its metrics are; below those that the system gives to
 * whoever wants any, as the engine does a moment later.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

async function pageOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

function status({ ui }: RunningClew): Promise<Status> {
  return getJson<Status>(`${ui}/api/clew/v1/status`);
}

test("the store's own metrics are among the program's: what was stored, what waits, how the engine and the disk are", async () => {
  const { running, metrics } = await started("--max-disk", "1GiB", "--rollup", "5m=90d");
  const exporter = new TraceProto({ url: `${running.otlpHttp}/v1/traces` });
  expect(await exportedBy(exporter, [span("a"), span("b"), span("c")])).toEqual({ code: ExportResultCode.SUCCESS });
  await exporter.shutdown();
  const page = await eventually(
    () => pageOf(metrics),
    (text) =>
      text.includes('clew_store_inserted_rows{signal="traces",table="otel_traces"} 3\n') &&
      text.includes("clew_store_spool_bytes 0\n"),
  );
  expect(page).toMatch(/^clew_store_inserted_bytes\{signal="traces",table="otel_traces"\} [1-9]/m);
  expect(page).toContain('clew_store_inserted_rows{signal="logs",table="otel_logs"} 0\n');
  for (const line of [
    "clew_store_spool_bytes 0",
    "clew_store_spool_segments 0",
    "clew_store_oldest_waiting_seconds 0",
    "clew_store_engine_ready 1",
    "clew_store_engine_restarts 0",
    "clew_store_rejected_segments 0",
    "clew_store_damaged_parts 0",
    "clew_store_disk_limit_bytes 1073741824",
    'clew_store_dropped_partitions{reason="room"} 0',
    'clew_store_rolled_up_days{resolution="5m"} 0',
    "clew_store_rollups_waiting 0",
    'clew_store_refused_requests{code="STORE_DISK_LIMIT"} 0',
  ])
    expect(page).toContain(`${line}\n`);
  expect(page).toMatch(/^clew_store_disk_free_bytes [1-9]/m);
});

test.skipIf(promtool === undefined)("Prometheus's own tool finds no fault with them (promtool)", async () => {
  const { metrics } = await started();
  const lines = (await pageOf(metrics)).split("\n").filter((line) => line.includes("clew_store_"));
  const input = `${lines.join("\n")}\n`;
  const { stdout, stderr } = spawnSync(promtool ?? "", ["check", "metrics"], { input, encoding: "utf8" });
  // The Collector's own counters have no "_total" unless it is asked for, and neither have these.
  const faults = `${stdout}${stderr}`.split("\n").filter((line) => line !== "" && !line.includes('"_total"'));
  expect(faults).toEqual([]);
});

test("where --max-disk can't be held, exporters are told to come again, and so is everybody who asks; more room ends that", async () => {
  const first = await started();
  const exporter = new LogProto({ url: `${first.running.otlpHttp}/v1/logs` });
  const records = Array.from({ length: 2_000 }, () => logRecord(randomBytes(1_000).toString("base64")));
  expect(await exportedBy(exporter, records)).toEqual({ code: ExportResultCode.SUCCESS });
  await exporter.shutdown();
  await eventually(
    () => status(first.running),
    ({ store }) => store.spoolBytes === 0,
  );
  await first.running.stop();

  const { running, metrics } = await started("--max-disk", "1MiB");
  await eventually(
    () => status(running),
    ({ store }) => store.disk.isFull,
  );
  const http = new LogProto({ url: `${running.otlpHttp}/v1/logs`, timeoutMillis: 2_000 });
  expect(await exportedBy(http, [logRecord("refused over HTTP")])).toMatchObject({ code: ExportResultCode.FAILED });
  const grpc = new LogGrpc({ url: running.otlpGrpc, timeoutMillis: 2_000 });
  expect(await exportedBy(grpc, [logRecord("refused over gRPC")])).toMatchObject({
    code: ExportResultCode.FAILED,
    error: { code: 14, message: expect.stringContaining("1048576 bytes") },
  });
  await Promise.all([http.shutdown(), grpc.shutdown()]);
  const response = await fetch(`${running.otlpHttp}/v1/logs`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "refused" } }] }] }] }),
  });
  expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "60"]);
  expect(await (await fetch(`${running.ui}/ready`)).text()).toContain("warning: --max-disk 1048576 is used up");
  const page = await pageOf(metrics);
  expect(page).toMatch(/^clew_store_refused_requests\{code="STORE_DISK_LIMIT"\} [3-9]/m);
  expect(page).toMatch(/^clew_store_warnings [1-9]/m);
  expect(page).toContain("clew_store_disk_limit_bytes 1048576\n");
  await running.stop();

  const roomy = (await started("--max-disk", "1GiB")).running;
  const again = new LogProto({ url: `${roomy.otlpHttp}/v1/logs` });
  expect(await exportedBy(again, [logRecord("taken")])).toEqual({ code: ExportResultCode.SUCCESS });
  await again.shutdown();
});
