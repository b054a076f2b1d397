/** A real `clew up` as a process of its own, on free ports, for tests to use as a user would. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
const START_TIMEOUT_MS = 60_000;
const EVENTUALLY_MS = 20_000;
const POLL_MS = 100;

export interface RunningClew {
  readonly ui: string;
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  readonly prometheus: string;
  /** Empty without `--clickhouse-port`. */
  readonly clickhouse: string;
  readonly process: ChildProcess;
  readonly directory: string;
  /** Everything that it printed. */
  readonly output: () => string;
  /** Ends it as Ctrl-C does; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `clew up` with free ports, unless `args` say otherwise; resolves when it has printed its addresses. */
export async function startClew(directory: string, args: readonly string[] = []): Promise<RunningClew> {
  const ports = ["--port", "--otlp-grpc-port", "--otlp-http-port", "--prometheus-port", "--metrics-port"];
  const free = ports.flatMap((flag) => (args.includes(flag) ? [] : [flag, "0"]));
  const child = spawn(process.execPath, [PROGRAM, "up", "--data", directory, ...free, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`clew up did not start:\n${printed}`)), START_TIMEOUT_MS);
    const onData = (text: Buffer): void => {
      printed += text.toString();
      if (printed.includes("Ctrl-C stops.")) {
        clearTimeout(timer);
        resolve();
      }
    };
    child.stdout?.on("data", onData);
    child.stderr?.on("data", onData);
    child.once("exit", (code) => reject(new Error(`clew up ended with ${code}:\n${printed}`)));
  });
  const addressOf = (name: string): string => {
    const found = new RegExp(`${name} +(http\\S+)`).exec(printed)?.[1] ?? "";
    return found.replace("localhost", "127.0.0.1");
  };
  return {
    ui: addressOf("UI"),
    otlpGrpc: addressOf("OTLP gRPC"),
    otlpHttp: addressOf("OTLP HTTP"),
    prometheus: addressOf("Prometheus API"),
    clickhouse: addressOf("ClickHouse HTTP"),
    process: child,
    directory,
    output: () => printed,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
      return ended;
    },
  };
}

export function temporaryDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "clew-e2e-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Asks again and again until `isRight` holds of the answer; fails with the last one after some seconds. */
export async function eventually<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  const giveUpAt = Date.now() + EVENTUALLY_MS;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > giveUpAt) throw new Error(`still not right: ${JSON.stringify(answer)?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** GETs JSON. */
export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  return (await response.json()) as T;
}
