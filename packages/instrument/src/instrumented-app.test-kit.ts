/** Applications for tests: written to a file, started as a user would, with their telemetry sent to a sink. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TelemetrySink } from "./telemetry-sink.test-kit.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** The built entry: what users load. */
export const ENTRY: string = new URL("../bundle/index.js", import.meta.url).href;

export type ModuleSystem = "ESM" | "CommonJS";
export const MODULE_SYSTEMS: readonly ModuleSystem[] = ["ESM", "CommonJS"];

export interface AppSource {
  /** ESM unless said. */
  readonly modules?: ModuleSystem;
  /** What it imports: `{ "express": "express", "{ Hono }": "hono" }`. */
  readonly imports?: Readonly<Record<string, string>>;
  /**
   * The code. `listening(server)` tells the test where it listens; `tell(value)` hands the test a
   * value; `on(name, task)` runs `task` when the test says so.
   */
  readonly code: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Packages under another name than their own: `{ express: "express4" }`. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
  /** Files of made-up packages, beneath `node_modules`. */
  readonly packages?: Readonly<Record<string, string>>;
}

const PRELUDE = `
const tell = (value) => process.send({ value });
const tasks = {};
const on = (name, task) => { tasks[name] = task; };
const listening = (server) => server.listening ? process.send({ port: server.address().port })
  : server.once("listening", () => process.send({ port: server.address().port }));
process.on("message", async (name) => {
  if (name === "end") process.exit(0);
  try { process.send({ done: await tasks[name]() ?? null }); } catch (error) { process.send({ failed: String(error?.stack ?? error) }); }
});
process.on("disconnect", () => process.exit(0));
`;

/** An application in a process of its own. */
export class InstrumentedApp {
  readonly sink: TelemetrySink;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #ended: Promise<number | null>;
  /** What it wrote on standard output and on standard error. */
  stdout = "";
  stderr = "";
  url = "";
  readonly told: unknown[] = [];

  private constructor(sink: TelemetrySink, child: ChildProcess, directory: string) {
    this.sink = sink;
    this.#child = child;
    this.#directory = directory;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Resolves when it listens, or, where it does not, when it has told something. */
  static async start(source: AppSource): Promise<InstrumentedApp> {
    const sink = await TelemetrySink.start();
    const { file, directory } = writeApp(source);
    const args = [...(source.nodeArguments ?? ["--import", ENTRY]), file];
    const child = spawn(process.execPath, args, {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, NODE_OPTIONS: "", ...telemetryTo(sink), ...source.env },
    });
    const app = new InstrumentedApp(sink, child, directory);
    await app.#ready();
    return app;
  }

  /** Runs a task of the application; resolves with what it returned. */
  async run(name: string): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const onMessage = (message: { readonly done?: unknown; readonly failed?: string }): void => {
        if (message.done === undefined && message.failed === undefined) return;
        this.#child.off("message", onMessage);
        if (message.failed === undefined) resolve(message.done);
        else reject(new Error(message.failed));
      };
      this.#child.on("message", onMessage);
    });
    this.#child.send(name);
    return await answer;
  }

  /** Resolves with what is read from the first lines of standard output, when there are so many. */
  async stdoutLines<Line>(count: number, read: (line: string) => Line): Promise<Line[]> {
    const lines = (): string[] => this.stdout.split("\n").slice(0, -1);
    while (lines().length < count) await new Promise((resolve) => this.#child.stdout?.once("data", resolve));
    return lines().slice(0, count).map(read);
  }

  /** Resolves when the application has told so many values. */
  async hasTold(count: number): Promise<void> {
    while (this.told.length < count) await new Promise((resolve) => this.#child.once("message", resolve));
  }

  /** Resolves with the exit code when it has ended. */
  async ended(): Promise<number | null> {
    return await this.#ended;
  }

  /** Asks it to end, or ends it by a signal. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    if (signal !== undefined) this.#child.kill(signal);
    else if (this.#child.connected) this.#child.send("end");
    await this.#ended;
    await this.sink.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#child.on("message", ({ port, value }: { readonly port?: number; readonly value?: unknown }) => {
        if (value !== undefined) this.told.push(value);
        if (port !== undefined) this.url = `http://127.0.0.1:${port}`;
        if (port !== undefined || value !== undefined) resolve();
      });
      this.#child.once("close", (code) => reject(new Error(`the application ended with ${code}:\n${this.stderr}`)));
    });
  }
}

/** Starts applications, and ends them all when the test is over. */
export function appStarter(
  afterEach: (task: () => Promise<void>) => void,
): (source: AppSource) => Promise<InstrumentedApp> {
  const running: InstrumentedApp[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.stop()));
  });
  return async (source) => {
    const app = await InstrumentedApp.start(source);
    running.push(app);
    return app;
  };
}

/** Sends soon, so that tests need not wait. */
function telemetryTo(sink: TelemetrySink): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_SERVICE_NAME: "app",
    OTEL_BSP_SCHEDULE_DELAY: "20",
    OTEL_BLRP_SCHEDULE_DELAY: "20",
    OTEL_METRIC_EXPORT_INTERVAL: "500",
    OTEL_METRIC_EXPORT_TIMEOUT: "500",
    OTEL_LOG_LEVEL: "warn",
  };
}

/** Beneath the root's `node_modules`, so that its packages are found, and a copy of others can come before them. */
function writeApp({ modules = "ESM", imports = {}, code, aliases = {}, packages = {} }: AppSource): {
  file: string;
  directory: string;
} {
  const parent = join(ROOT, "node_modules", ".cache", "instrumented-apps");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "app-"));
  for (const [name, source] of Object.entries(aliases)) {
    const target = join(directory, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, "node_modules", source), target, { recursive: true });
  }
  for (const [path, text] of Object.entries(packages)) {
    const target = join(directory, "node_modules", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  const isEsm = modules === "ESM";
  const lines = Object.entries(imports).map(([names, from]) =>
    isEsm ? `import ${names} from "${from}";` : `const ${names} = require("${from}");`,
  );
  const file = join(directory, isEsm ? "app.mjs" : "app.cjs");
  writeFileSync(file, `${lines.join("\n")}\n${PRELUDE}\n${isEsm ? code : `(async () => {${code}})();`}\n`);
  return { file, directory };
}
