/** A `clew up` on ports that stay the same, that is killed and started again; by itself or under strace. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../scripts/free-ports.mjs";
import { ROOT } from "../scripts/set-up.mjs";

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 20;
const PORTS = ["port", "otlp-grpc-port", "otlp-http-port", "prometheus-port", "metrics-port", "clickhouse-port"];

export class ClewProcess {
  starts = 0;
  log = "";
  #directory;
  #flags;
  #ports;
  #child;
  #isBehind = false;
  #ended = Promise.resolve();

  /** `flags` are those that it is started with beside its directory and ports. */
  static async create(directory, flags) {
    const numbers = await freePorts(PORTS.length);
    return new ClewProcess(directory, flags, Object.fromEntries(PORTS.map((name, i) => [name, numbers[i]])));
  }

  constructor(directory, flags, ports) {
    this.#directory = directory;
    this.#flags = flags;
    this.#ports = ports;
  }

  get otlpHttp() {
    return `http://127.0.0.1:${this.#ports["otlp-http-port"]}`;
  }

  get clickhouse() {
    return `http://127.0.0.1:${this.#ports["clickhouse-port"]}`;
  }

  /** Starts it, behind `prefix` where a program shall run it, and waits for nothing. */
  launch(prefix = []) {
    this.starts++;
    const ports = Object.entries(this.#ports).flatMap(([name, port]) => [`--${name}`, String(port)]);
    const program = [
      process.execPath,
      join(ROOT, "packages/clew/bin/clew.js"),
      "up",
      "--data",
      this.#directory,
      ...this.#flags,
    ];
    const [command, ...args] = [...prefix, ...program, ...ports];
    // Files are written by system calls, which strace sees, and not by io_uring.
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, UV_USE_IO_URING: "0" },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        this.log = (this.log + text).slice(-100_000);
      });
    this.#child = child;
    this.#isBehind = prefix.length > 0;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
  }

  /** The last line that it printed. */
  get lastWords() {
    return this.log.trimEnd().split("\n").at(-1);
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves once the engine answers and nothing waits in the spool. */
  async drained() {
    const until = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const store = await this.#health();
      if (store?.engineReady && store.spoolBytes === 0) return store;
      if (Date.now() > until || this.hasEnded)
        throw new Error(`clew ${this.hasEnded ? "ended" : "did not store everything"}\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Resolves once it is ready to be sent to. */
  async ready() {
    const until = Date.now() + START_TIMEOUT_MS;
    while ((await this.#health())?.engineReady !== true) {
      if (Date.now() > until || this.hasEnded) throw new Error(`clew did not start\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Kills the engine's process, where there is one just now. */
  killEngine() {
    return kill(this.#engines());
  }

  /** Resolves once the program is gone. Its engine ends by itself, a little later. */
  async killProgram() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** Kills whatever runs, as a power cut does, and waits for what it was launched behind to end. */
  async killAll() {
    if (this.#child === undefined || this.hasEnded) return;
    const programs = this.#isBehind ? childrenOf(this.#child.pid) : [this.#child.pid];
    kill([...programs, ...programs.flatMap(childrenOf)]);
    await this.#ended;
  }

  /** Ends it as Ctrl-C does. */
  async stop() {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }

  async rows(query) {
    const response = await fetch(this.clickhouse, { method: "POST", body: `${query} FORMAT JSONCompactEachRow` });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text.trim() === "" ? [] : text.trim().split("\n").map(JSON.parse);
  }

  #engines() {
    return childrenOf(this.#child.pid);
  }

  async #health() {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#ports.port}/api/clew/v1/status`);
      return (await response.json()).store;
    } catch {
      return undefined; // It is not there yet.
    }
  }
}

function kill(pids) {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
  return pids.length > 0;
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
