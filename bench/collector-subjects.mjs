/** The collectors that are compared: each a process that runs the same pipeline on the same configuration. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../scripts/free-ports.mjs";
import { ROOT } from "../scripts/set-up.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const START_TIMEOUT_MS = 20_000;

/** The tutorial's pipeline for traces; what comes in over a protocol leaves over the same. */
const configOf = ({ http, grpc, metrics }, sink, protocol, gzip) => `
receivers:
  otlp:
    protocols:
      grpc: { endpoint: "127.0.0.1:${grpc}" }
      http: { endpoint: "127.0.0.1:${http}" }
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 512, spike_limit_mib: 128 }
  batch: { timeout: 200ms, send_batch_size: 1024 }
  resource: { attributes: [{ key: environment, value: bench, action: insert }] }
exporters:
  otlp_grpc: { endpoint: "127.0.0.1:${sink.grpc}", tls: { insecure: true }, compression: ${gzip ? "gzip" : "none"} }
  otlp_http: { endpoint: "http://127.0.0.1:${sink.http}", compression: ${gzip ? "gzip" : "none"} }
service:
  telemetry:
    metrics: { level: normal, readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } }] }
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, batch, resource], exporters: [otlp_${protocol}] }
`;

export const SUBJECTS = {
  clew: (config) => [process.execPath, [join(ROOT, "packages/clew/bin/clew.js"), "collector", "--config", config]],
  protobufjs: (_config, settings) => [process.execPath, [here("protobufjs-collector.mjs"), JSON.stringify(settings)]],
};

/** Starts one; resolves to {name, pid, address, stop} once it takes requests. */
export async function startSubject(name, command, { sink, protocol, gzip }) {
  const directory = mkdtempSync(join(tmpdir(), "clew-bench-"));
  const config = join(directory, "config.yaml");
  const [http, grpc, metrics] = await freePorts(3);
  writeFileSync(config, configOf({ http, grpc, metrics }, sink, protocol, gzip));
  const [program, args] = command(config, { http, grpc, sink, protocol, gzip });
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => (log = (log + text).slice(-4_000)));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const port = protocol === "http" ? http : grpc;
  await listens(port, child).catch((error) => {
    throw new Error(`${name} did not start: ${error.message}\n${log}`);
  });
  return {
    name,
    pid: child.pid,
    address: `127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function startSink(...args) {
  const child = spawn(process.execPath, [here("otlp-sink.mjs"), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ports = await new Promise((resolve) => child.stdout.once("data", (text) => resolve(JSON.parse(text))));
  return { ...ports, stop: () => child.kill("SIGKILL") };
}

/** The load generator; `run` sends one command and resolves to its totals. */
export function startLoad() {
  const child = spawn(process.execPath, [here("otlp-load.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  return {
    /** Sends one command whose end is not waited for. */
    offer: (command) => child.stdin.write(`${JSON.stringify(command)}\n`),
    run(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return new Promise((resolve, reject) => {
        child.once("exit", (code) => reject(new Error(`the load ended with ${code}`)));
        child.stdout.once("data", (text) => {
          child.removeAllListeners("exit");
          resolve(JSON.parse(text));
        });
      });
    },
    stop: () => child.kill("SIGKILL"),
  };
}

async function listens(port, child) {
  const until = Date.now() + START_TIMEOUT_MS;
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (Date.now() > until) throw new Error("it does not listen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function takesConnections(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
