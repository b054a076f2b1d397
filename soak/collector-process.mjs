/** A collector in a process of its own, that is killed, reloaded and started again. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryBytes } from "../bench/process-usage.mjs";
import { freePorts } from "../scripts/free-ports.mjs";
import { ROOT } from "../scripts/set-up.mjs";

const START_TIMEOUT_MS = 20_000;

export class CollectorProcess {
  starts = 0;
  log = "";
  peakBytes = 0;
  #child;
  #config;
  #healthPort;
  #isWanted = false;

  static async create(directory, storage, sinkUrl) {
    const [port, healthPort] = await freePorts(2);
    return new CollectorProcess(directory, storage, sinkUrl, port, healthPort);
  }

  constructor(directory, storage, sinkUrl, port, healthPort) {
    this.url = `http://127.0.0.1:${port}`;
    this.#healthPort = healthPort;
    this.#config = join(directory, "collector.yaml");
    writeFileSync(this.#config, configuration({ port, healthPort, storage, sinkUrl }));
  }

  /** Resolves once it is ready. */
  async start() {
    this.#isWanted = true;
    this.starts++;
    const child = spawn(
      process.execPath,
      [join(ROOT, "packages/clew/bin/clew.js"), "collector", "--config", this.#config],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#child = child;
    child.stderr.on("data", (text) => {
      this.log = (this.log + text).slice(-200_000);
    });
    child.once("exit", (code, signal) => {
      if (this.#isWanted && this.#child === child) this.died = `ended with ${code ?? signal}`;
    });
    const until = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#isReady())) {
      if (Date.now() > until || this.died !== undefined) throw new Error(`the collector did not start\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  kill() {
    return this.#end("SIGKILL");
  }

  reload() {
    this.#child.kill("SIGHUP");
  }

  stop() {
    return this.#end("SIGTERM");
  }

  sampleMemory() {
    try {
      const { rss } = memoryBytes(this.#child.pid);
      this.peakBytes = Math.max(this.peakBytes, rss);
      return rss;
    } catch {
      return 0; // It has just been killed.
    }
  }

  async #end(signal) {
    this.#isWanted = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async #isReady() {
    try {
      return (await fetch(`http://127.0.0.1:${this.#healthPort}/`)).ok;
    } catch {
      return false;
    }
  }
}

function configuration({ port, healthPort, storage, sinkUrl }) {
  return `
extensions:
  health_check: { endpoint: "127.0.0.1:${healthPort}" }
  file_storage: { directory: "${storage}", timeout: 10s }
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
processors:
  memory_limiter: { check_interval: 200ms, limit_mib: 256, spike_limit_mib: 64 }
  batch: { timeout: 100ms, send_batch_size: 1000 }
  resource: { attributes: [{ key: environment, value: soak, action: insert }] }
exporters:
  otlp_http:
    endpoint: "${sinkUrl}"
    timeout: 2s
    compression: none
    retry_on_failure: { initial_interval: 200ms, max_interval: 1s }
    sending_queue: { storage: file_storage, sizer: bytes, queue_size: 50000000 }
service:
  extensions: [health_check, file_storage]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, batch, resource], exporters: [otlp_http] }
`;
}
