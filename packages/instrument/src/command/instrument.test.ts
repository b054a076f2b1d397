import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { TelemetrySink } from "../telemetry-sink.test-kit.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/opentelemetry-instrument.js", import.meta.url));
const sinks: TelemetrySink[] = [];
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], env: Record<string, string> = {}, killWith?: "SIGTERM"): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, NODE_OPTIONS: "", ...env } });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (killWith !== undefined) child.kill(killWith);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}

const QUIET = ["--traces_exporter", "none", "--metrics_exporter=none", "--logs-exporter", "none"];

test("flags become variables of the command, whose own arguments and standard output are left alone", async () => {
  const { code, stdout } = await run([
    ...QUIET,
    "--service_name",
    "shop",
    "--config=otel.yaml",
    "--bsp_schedule_delay",
    "7",
    "sh",
    "-c",
    'echo "$OTEL_SERVICE_NAME $OTEL_TRACES_EXPORTER $OTEL_LOGS_EXPORTER $OTEL_CONFIG_FILE $OTEL_BSP_SCHEDULE_DELAY $0 $1"',
    "--service_name",
    "other",
  ]);
  expect(stdout).toBe("shop none none otel.yaml 7 --service_name other\n");
  expect(code).toBe(0);
});

test("what a Node process does is sent, though its code has no telemetry", async () => {
  const sink = await TelemetrySink.start();
  sinks.push(sink);
  const script = `
    const http = require("http");
    const server = http.createServer((request, response) => response.end()).listen(0, "127.0.0.1", () =>
      http.get({ port: server.address().port, host: "127.0.0.1", path: "/x" }, (response) => response.resume().on("end", () => server.close())));`;
  const args = [
    "--exporter_otlp_endpoint",
    sink.url,
    "--exporter_otlp_protocol",
    "http/protobuf",
    "--service_name",
    "shop",
  ];
  const { code, stderr } = await run([...args, process.execPath, "-e", script]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^@clew\/instrument .*\n$/) });
  const [server, client] = await sink.until(({ spans }) => {
    const server = spans.find(({ kind }) => kind === 2);
    const client = spans.find(({ kind }) => kind === 3);
    return server !== undefined && client !== undefined && ([server, client] as const);
  });
  expect(server).toMatchObject({ service: "shop", traceId: client.traceId, parentSpanId: client.spanId });
  expect(sink.spans).toHaveLength(2);
});

test("npm is not instrumented, the application that it starts is", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-npm-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "app", scripts: { start: "node app.js" } }));
  writeFileSync(join(directory, "app.js"), "console.log('application', process.execArgv.length)");
  const { stdout, stderr } = await run([...QUIET, "--explain", "npm", "--prefix", directory, "start"]);
  expect(stdout).toContain("application");
  expect(stderr.split("OpenTelemetry instrumentation of process")).toHaveLength(2);
});

test.each([0, 3])("ends with the command's exit code %i", async (expected) => {
  const { code } = await run([...QUIET, process.execPath, "-e", `process.exit(${expected})`]);
  expect(code).toBe(expected);
});

test("passes signals on, and ends by the signal that ended the command", async () => {
  const script = "console.log('started'); setInterval(() => {}, 1000)";
  const { code, signal } = await run([...QUIET, process.execPath, "-e", script], {}, "SIGTERM");
  expect({ code, signal }).toEqual({ code: null, signal: "SIGTERM" });
});

test("a command that handles a signal ends as it decides", async () => {
  const script = "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('started')";
  const { code } = await run([...QUIET, process.execPath, "-e", script], {}, "SIGTERM");
  expect(code).toBe(9);
});

test("a command that is not there ends with 127, as a shell has it", async () => {
  const { code, stderr } = await run(["no-such-command-here"]);
  expect(code).toBe(127);
  expect(stderr).toContain("no-such-command-here");
});

test("keeps NODE_OPTIONS, and adds the entry once when commands are nested", async () => {
  const print = "console.log(process.env.NODE_OPTIONS)";
  const { stdout } = await run([process.execPath, PROGRAM, ...QUIET, process.execPath, "-e", print], {
    NODE_OPTIONS: "--no-deprecation",
  });
  expect(stdout).toMatch(/^--no-deprecation --import=file:\/\/\S+index\.js\n$/);
});

test("without a command, or with a flag without its value, says how it is used", async () => {
  expect(await run([])).toMatchObject({ code: 2, stderr: expect.stringContaining("which command shall run?") });
  expect(await run(["--service_name"])).toMatchObject({ code: 2, stderr: expect.stringContaining("needs a value") });
});

test("a command that ends by process.exit has sent what it did, and nothing else holds it up", async () => {
  const sink = await TelemetrySink.start();
  sinks.push(sink);
  const script = `
    const http = require("http");
    const server = http.createServer((request, response) => response.end()).listen(0, "127.0.0.1", () => {
      http.get({ host: "127.0.0.1", port: server.address().port }, (response) => {
        response.resume().on("end", () => setImmediate(() => process.exit(6)));
      });
    });`;
  const { code } = await run(["--exporter_otlp_endpoint", sink.url, process.execPath, "-e", script]);
  expect(code).toBe(6);
  expect(sink.spans.map(({ kind }) => kind).toSorted((a, b) => a - b)).toEqual([2, 3]);
});
