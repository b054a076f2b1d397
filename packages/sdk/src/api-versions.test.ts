import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type OtlpServer, startHttpServer } from "./otlp-servers.test-kit.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const folders: string[] = [];
const servers: OtlpServer[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** An application that has the built SDK installed, and these versions of the API: package --> the directory it comes from. */
function installed(apis: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "clew-api-"));
  folders.push(folder);
  for (const name of ["base", "otlp", "sdk"]) {
    const target = join(folder, "node_modules", "@clew", name);
    for (const part of ["dist", "package.json"]) {
      cpSync(join(ROOT, "packages", name, part), join(target, part), { recursive: true });
    }
  }
  for (const [name, source] of Object.entries(apis)) {
    const target = join(folder, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, "node_modules", source), target, { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules", "yaml"), join(folder, "node_modules", "yaml"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

async function run(folder: string, program: string, env: object): Promise<{ code: number; log: string }> {
  writeFileSync(join(folder, "app.js"), program);
  const child = spawn(process.execPath, ["app.js"], { cwd: folder, env: { ...process.env, ...env } });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (log += text.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, log };
}

describe.each([
  ["1.9", "@opentelemetry/api"],
  ["1.10", "opentelemetry-api-1-10"],
])("with @opentelemetry/api %s", (version, source) => {
  const other = version === "1.9" ? "opentelemetry-api-1-10" : "@opentelemetry/api";

  test("all three signals of an application arrive", async () => {
    const server = await startHttpServer();
    servers.push(server);
    const folder = installed({ "@opentelemetry/api": source, "@opentelemetry/api-logs": "@opentelemetry/api-logs" });
    const program = `
      import * as api from "@opentelemetry/api";
      import { logs } from "@opentelemetry/api-logs";
      import { startSdk } from "@clew/sdk";
      startSdk({ serviceName: "app" });
      api.trace.getTracer("t").startActiveSpan("work", (span) => {
        logs.getLogger("l").emit({ body: "from api-logs" });
        api.logs?.getLogger("l").emit({ body: "from the api" });
        span.end();
      });
      api.metrics.getMeter("m").createCounter("c").add(1);
    `;
    const { code, log } = await run(folder, program, { OTEL_EXPORTER_OTLP_ENDPOINT: server.url });
    expect({ code, log }).toEqual({ code: 0, log: "" });
    const bodies = (path: string): string =>
      server.received
        .filter((request) => request.path === path)
        .map(({ body }) => body.toString("latin1"))
        .join("\n");
    expect(bodies("/v1/traces")).toContain("work");
    expect(bodies("/v1/metrics")).toContain("c");
    expect(bodies("/v1/logs")).toContain("from api-logs");
    expect(bodies("/v1/logs").includes("from the api")).toBe(version === "1.10");
  });

  test("another copy that was first is explained by both versions", async () => {
    const folder = installed({ "@opentelemetry/api": source, "other-api": other });
    const program = `
      import { trace } from "other-api";
      import { startSdk, TracerProvider } from "@clew/sdk";
      trace.setGlobalTracerProvider(new TracerProvider());
      startSdk();
    `;
    const none = { OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none", OTEL_TRACES_EXPORTER: "none" };
    const { code, log } = await run(folder, program, none);
    expect(code).toBe(0);
    const [registered, own] = version === "1.9" ? ["1.10.0", "1.9.1"] : ["1.9.1", "1.10.0"];
    expect(log).toContain(`in the versions ${registered} and ${own}, which do not go together`);
  });
});
