import { fork, type ChildProcess } from "node:child_process";
import { ClewError, messageOf, sleep, type Clock } from "@clew/base";
import type { EngineReady } from "./engine-program.ts";

const FIRST_RESTART_DELAY_MS = 50;
const LONGEST_RESTART_DELAY_MS = 5_000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
/** Sessions block a thread of libuv's pool for as long as their statement runs. */
const ENGINE_THREADS = "16";

export interface EngineProcessSettings {
  /** The program's path, and its arguments: directory, socket, memory. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly clock: Clock;
  /** Told of restarts and of what the engine prints. */
  readonly report: (line: string) => void;
}

/** Keeps the engine's process running: starts it, and starts it again, later each time, when it ends by itself. */
export class EngineProcess {
  readonly #settings: EngineProcessSettings;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restarts = 0;
  #version = "";
  #ready = false;

  constructor(settings: EngineProcessSettings) {
    this.#settings = settings;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  get version(): string {
    return this.#version;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves once the engine answers. Throws `STORE_ENGINE_FAILED` where it ends before that. */
  async start(): Promise<void> {
    this.#version = await this.#launch();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const cancel = this.#settings.clock.after(STOP_TIMEOUT_MS, () => child.kill("SIGKILL"));
    if (child.connected) child.send("shutdown");
    else child.kill("SIGKILL");
    await ended;
    cancel();
  }

  #launch(): Promise<string> {
    const { program, report } = this.#settings;
    const child = fork(program, [...this.#settings.arguments], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [],
      env: { ...process.env, UV_THREADPOOL_SIZE: ENGINE_THREADS },
    });
    this.#child = child;
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        printed.push(text);
        if (printed.length > 20) printed.shift();
        if (this.#ready) report(`engine: ${text.trimEnd()}`);
      });
    }
    return new Promise((resolve, reject) => {
      const cancel = this.#settings.clock.after(START_TIMEOUT_MS, () => child.kill("SIGKILL"));
      child.once("error", (error) => reject(startFailure(messageOf(error))));
      child.on("message", (message) => {
        cancel();
        this.#ready = true;
        resolve((message as EngineReady).version);
      });
      child.once("exit", (code, signal) => {
        cancel();
        const wasReady = this.#ready;
        this.#ready = false;
        reject(startFailure(printed.join("").trim() || `exit ${signal ?? code}`));
        if (wasReady && !this.#stopping) void this.#restart(signal ?? `exit code ${code}`);
      });
    });
  }

  async #restart(cause: string): Promise<void> {
    const { clock, report } = this.#settings;
    report(`The engine ended (${cause}); starting it again.`);
    for (
      let delayMs = FIRST_RESTART_DELAY_MS;
      !this.#stopping;
      delayMs = Math.min(delayMs * 2, LONGEST_RESTART_DELAY_MS)
    ) {
      await sleep(clock, delayMs);
      if (this.#stopping) return;
      this.#restarts++;
      try {
        await this.#launch();
        report("The engine is back.");
        return;
      } catch (error) {
        report(`The engine did not start: ${messageOf(error)}`);
      }
    }
  }
}

function startFailure(what: string): ClewError {
  return new ClewError("STORE_ENGINE_FAILED", `the storage engine did not start: ${what}`, {
    remedy: "see that no other program uses the data directory and that the disk has room",
  });
}
