/** Runs the example as a demo: both processes, and customers. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { generateLoad } from "./load-generator.ts";
import type { ReadyMessage } from "./run-service.ts";
import { realWorld } from "./world.ts";

const METRIC_INTERVAL_MS = 5_000;
/** Short, so that the parts of a trace that two processes send are seen together soon. */
const SPAN_DELAY_MS = 1_000;
/** How long a process may take to send what is left. */
const STOP_TIMEOUT_MS = 12_000;

export interface DemoSettings {
  /** Where the two services send their telemetry, OTLP over gRPC: http://127.0.0.1:4317 */
  readonly otlpEndpoint: string;
  /** Gets a line when something is worth telling: what started, what a process wrote to standard error. */
  readonly report: (line: string) => void;
  /** Aborting it stops the demo, as `stop` does. */
  readonly signal: AbortSignal;
  /** The folder with `orders.js` and `inventory.js`; this module's own unless given. */
  readonly programs?: URL;
}

export interface Demo {
  /** Where orders can be sent. */
  readonly ordersUrl: string;
  /** Ends the load, lets both processes send what is left, and ends them. Safe to call twice. */
  stop(): Promise<void>;
}

/** Resolves once both services listen and orders are on their way. Rejects when a service does not start. */
export async function startDemo(settings: DemoSettings): Promise<Demo> {
  const { signal, report } = settings;
  const children: ChildProcess[] = [];
  const load = new AbortController();
  let loading: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    load.abort();
    stopping ??= loading.then(async () => void (await Promise.all(children.map(stopChild))));
    return stopping;
  };
  try {
    const inventoryUrl = await startChild("inventory", {}, settings, children);
    const ordersUrl = await startChild("orders", { INVENTORY_URL: inventoryUrl }, settings, children);
    report(`the demo takes orders at ${ordersUrl}/orders`);
    for (const child of children) {
      child.once("exit", (code) => {
        if (!load.signal.aborted) report(`a process of the demo ended by itself, with code ${String(code)}`);
      });
    }
    loading = generateLoad({ ordersUrl, world: realWorld, signal: load.signal, report });
    signal.addEventListener("abort", () => void stop(), { once: true });
    if (signal.aborted) await stop();
    return { ordersUrl, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** Resolves to the address at which the child listens. */
async function startChild(
  name: "inventory" | "orders",
  env: Readonly<Record<string, string>>,
  { otlpEndpoint, report, programs }: DemoSettings,
  children: ChildProcess[],
): Promise<string> {
  const child = fork(new URL(`${name}.js`, programs ?? import.meta.url), {
    // Its logs come as log records; what it has to say beside them is an error.
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // Flags of the program that runs the demo, a loader for instance, are not for these.
    execArgv: [],
    env: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_METRIC_EXPORT_INTERVAL: String(METRIC_INTERVAL_MS),
      OTEL_BSP_SCHEDULE_DELAY: String(SPAN_DELAY_MS),
      PORT: "0",
      ...env,
    },
  });
  children.push(child);
  if (child.stderr !== null) createInterface(child.stderr).on("line", (line) => report(`${name}: ${line}`));
  const [ready] = await Promise.race([once(child, "message"), failedStart(name, child)]);
  const { port } = ready as ReadyMessage;
  return `http://127.0.0.1:${port}`;
}

async function failedStart(name: string, child: ChildProcess): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`the demo's ${name} ended with code ${String(code)} before it listened`);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
