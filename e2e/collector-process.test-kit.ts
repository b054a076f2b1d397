/** `clew collector …` as a process of its own, for tests to use as a user would. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const CLEW = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
const READY = "Everything is ready.";
const START_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

interface ProcessOptions {
  /** Beside the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command that ends by itself. */
export function collectorCommand(args: readonly string[], { env = {}, directory }: ProcessOptions = {}): Finished {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLEW, "collector", ...args], {
    encoding: "utf8",
    timeout: START_TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, ...env },
    cwd: directory,
  });
  return { code: status, stdout, stderr };
}

export interface RunningCommand {
  readonly process: ChildProcess;
  /** Everything that it printed to standard output. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when it has printed `text` as often as that; rejects with all that it printed when it ends before. */
  printed(text: string, times?: number): Promise<void>;
  /** Ends it as an orchestrator does; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a command that goes on until it is told to stop. */
export function startCommand(args: readonly string[], { env = {}, directory }: ProcessOptions = {}): RunningCommand {
  const child = spawn(process.execPath, [CLEW, "collector", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    cwd: directory,
  });
  const output = { stdout: "", stderr: "" };
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (text: Buffer) => {
      output[stream] += text.toString();
      child.emit("printed");
    });
  return {
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    printed(text, times = 1) {
      return new Promise((resolve, reject) => {
        const fail = (why: string): void =>
          reject(new Error(`${why} before "${text}":\n${output.stdout}${output.stderr}`));
        const timer = setTimeout(() => fail("too long"), START_TIMEOUT_MS);
        const look = (): void => {
          if (`${output.stdout}${output.stderr}`.split(text).length <= times) return;
          clearTimeout(timer);
          child.off("printed", look);
          resolve();
        };
        child.on("printed", look);
        void ended.then((code) => fail(`ended with ${code}`));
        look();
      });
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      return ended;
    },
  };
}

/** Starts a collector; resolves when its pipelines run. */
export async function startCollector(args: readonly string[], options?: ProcessOptions): Promise<RunningCommand> {
  const running = startCommand(args, options);
  await running.printed(READY);
  return running;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
