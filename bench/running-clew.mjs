/** A `clew up` of its own for a benchmark, on free ports and a directory that is removed. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../scripts/set-up.mjs";

export async function startClew(more = []) {
  const directory = mkdtempSync(join(tmpdir(), "clew-bench-"));
  const flags = ["--port", "--otlp-grpc-port", "--otlp-http-port", "--prometheus-port", "--metrics-port"].flatMap(
    (flag) => [flag, "0"],
  );
  const child = spawn(
    process.execPath,
    [join(ROOT, "packages/clew/bin/clew.js"), "up", "--data", directory, ...flags, ...more],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let printed = "";
  await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`clew up ended with ${code}`)));
    child.stdout.on("data", (text) => {
      printed += text;
      if (printed.includes("Ctrl-C stops.")) resolve();
    });
  });
  const addressOf = (name) => new RegExp(`${name} +(http\\S+)`).exec(printed)?.[1].replace("localhost", "127.0.0.1");
  const ui = addressOf("UI");
  const status = async () => (await fetch(`${ui}/api/clew/v1/status`)).json();
  return {
    ui,
    otlpGrpc: addressOf("OTLP gRPC"),
    otlpHttp: addressOf("OTLP HTTP"),
    prometheus: addressOf("Prometheus API"),
    clickhouse: addressOf("ClickHouse HTTP"),
    pid: child.pid,
    enginePid: (await status()).store.enginePid,
    status,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
