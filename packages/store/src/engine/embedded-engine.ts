import { fork, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { ClewError, messageOf, sleep, type Clock } from "@clew/base";
import { DATABASE, OWNER, READER } from "./engine-configuration.ts";
import { LocalPortAgent, type EngineEndpoint } from "./engine-endpoint.ts";
import type { EngineLink } from "./engine-link.ts";
import type { EngineOrders, EngineReady } from "./engine-program.ts";
import type { Engine } from "./engine.ts";
import { versionOf } from "./engine-version.ts";

const FIRST_RESTART_DELAY_MS = 50;
const LONGEST_RESTART_DELAY_MS = 5_000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
/** An engine whose parent was killed may still be letting go of the directory. */
const UNLOCK_TIMEOUT_MS = 10_000;
const UNLOCK_RETRY_MS = 100;
/** SYNTAX_ERROR, CORRUPTED_DATA and their like, in what the engine keeps of its tables. */
const DAMAGED = /Code: (?:26|27|33|40|62|107|117|246|271)\./;
const DIRECTORY_LOCKED = /Cannot lock file/;

export interface EmbeddedEngineSettings {
  /** A program that calls `runEngineProgram`. */
  readonly program: string;
  readonly directory: string;
  readonly memoryBytes: number;
  /** Where it speaks ClickHouse's own protocol as well, as the nodes of a cluster do. */
  readonly tcpPort?: number;
  /** More XML for its configuration. */
  readonly extraConfiguration?: string;
  /** Called before each start, while no engine runs. */
  readonly beforeStart?: () => Promise<void>;
  readonly clock: Clock;
  /** Told of restarts and of what the engine prints. */
  readonly report: (line: string) => void;
}

/** Keeps the engine's process running: starts it, and starts it again, later each time, when it ends by itself. */
export class EmbeddedEngine implements Engine {
  readonly kind = "embedded";
  readonly cluster = undefined;
  readonly endpoint: EngineEndpoint;
  readonly #settings: EmbeddedEngineSettings;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restarts = 0;
  #version = "";
  #port: number | undefined;

  constructor(settings: EmbeddedEngineSettings) {
    this.#settings = settings;
    const password = randomBytes(24).toString("base64url");
    const agent = new LocalPortAgent(() => this.#port, true);
    this.endpoint = { url: "http://127.0.0.1", user: OWNER, password, database: DATABASE, agent };
  }

  get restarts(): number {
    return this.#restarts;
  }

  get isReady(): boolean {
    return this.#port !== undefined;
  }

  get version(): string {
    return this.#version;
  }

  get port(): number | undefined {
    return this.#port;
  }

  get link(): EngineLink {
    const { user, password, database } = this.endpoint;
    return { kind: "embedded", user, password, database };
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  visitorEndpoint(mayWrite: boolean): EngineEndpoint {
    // A connection each, since what stands in a visitor's request can't be sent again on another one.
    const agent = new LocalPortAgent(() => this.#port, false);
    return { ...this.endpoint, agent, user: mayWrite ? OWNER : READER };
  }

  async start(): Promise<void> {
    const { clock } = this.#settings;
    const giveUpAtMs = clock.nowMs() + UNLOCK_TIMEOUT_MS;
    for (;;) {
      try {
        await this.#launch();
        this.#version = await versionOf(this.endpoint);
        return;
      } catch (error) {
        if (!DIRECTORY_LOCKED.test(messageOf(error)) || clock.nowMs() > giveUpAtMs) throw error;
        await sleep(clock, UNLOCK_RETRY_MS);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const cancel = this.#settings.clock.after(STOP_TIMEOUT_MS, () => child.kill("SIGKILL"));
    if (child.connected) child.send("shutdown", endedMeanwhile);
    else child.kill("SIGKILL");
    await ended;
    cancel();
  }

  async #launch(): Promise<void> {
    await this.#settings.beforeStart?.();
    const { program, report } = this.#settings;
    // In a session of its own, Linux shares the cores between it and the program, however many threads it has to run.
    const child = fork(program, [], { stdio: ["ignore", "pipe", "pipe", "ipc"], execArgv: [], detached: true });
    this.#child = child;
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        printed.push(text);
        if (printed.length > 20) printed.shift();
        if (this.isReady) report(`engine: ${text.trimEnd()}`);
      });
    }
    child.send(this.#orders(), endedMeanwhile);
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#settings.clock.after(START_TIMEOUT_MS, () => child.kill("SIGKILL"));
      child.once("error", (error) => reject(startFailure(messageOf(error))));
      child.on("message", (message) => {
        cancel();
        this.#port = (message as EngineReady).port;
        resolve();
      });
      // Not "exit": what it printed last is then still on its way.
      child.once("close", (code, signal) => {
        cancel();
        const wasReady = this.isReady;
        this.#port = undefined;
        reject(startFailure(printed.join("").trim() || `exit ${signal ?? code}`));
        if (wasReady && !this.#stopping) void this.#restart(signal ?? `exit code ${code}`);
      });
    });
  }

  #orders(): EngineOrders {
    const { directory, memoryBytes, tcpPort = 0, extraConfiguration = "" } = this.#settings;
    return { directory, memoryBytes, password: this.endpoint.password, tcpPort, extraConfiguration };
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
  if (DAMAGED.test(what))
    return new ClewError("STORE_DATA_DAMAGED", `the storage engine can't read its own files: ${what}`, {
      remedy:
        "put the file that is named back from a copy, or restore a backup into another directory; nothing was removed",
    });
  return new ClewError("STORE_ENGINE_FAILED", `the storage engine did not start: ${what}`, {
    remedy: "see that no other program uses the data directory and that the disk has room",
  });
}

/** What a process is told that was killed a moment ago does not arrive. Its end is heard of anyway; without this, that would end ours. */
function endedMeanwhile(): void {}
