/** Starts everything that `clew up` is: store, collector, HTTP APIs, demo; and stops it in the opposite order. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, systemClock } from "@clew/base";
import {
  builtinComponents,
  clewExporter,
  loadConfig,
  startCollector,
  type Collector,
  type Logger,
  type Registry,
} from "@clew/collector";
import { startDemo } from "@clew/example-order-service";
import {
  clickHouseProxy,
  healthApp,
  listen,
  prometheusApp,
  uiApp,
  type AccessSettings,
  type ApiSettings,
  type ProgramStatus,
} from "@clew/server";
import { Store } from "@clew/store";
import { dataDirectoryOf } from "./data-directory.ts";
import { defaultConfig } from "./default-config.ts";
import type { OptionalPort, UpOptions } from "./options.ts";
import { requireFreePort } from "./ports.ts";
import { storeSink } from "./store-sink.ts";
import { VERSION } from "./version.ts";

export interface UpSettings {
  readonly options: UpOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

export interface RunningClew {
  readonly status: ProgramStatus;
  readonly prometheusUrl: string | undefined;
  readonly clickhouseUrl: string | undefined;
  /** Where data is, for people. */
  readonly storedAt: string;
  /** Required of clients where it is set. */
  readonly token: string | undefined;
  /** Stops taking telemetry, keeps what was taken, and ends everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** Rejects with `PORT_TAKEN`, `CONFIG_INVALID`, `STORE_IN_USE` or `STORE_ENGINE_FAILED`; nothing runs then. */
export async function startClew({ options, env, logger }: UpSettings): Promise<RunningClew> {
  const undo: (() => Promise<unknown>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= undoAll(undo, logger);
    return stopping;
  };
  try {
    return await start({ options, env, logger }, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  settings: UpSettings,
  undo: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<RunningClew> {
  const { options, env, logger } = settings;
  const { host, role } = options;
  await requireFreePort(host, options.port, "port");
  if (options.config === undefined && role !== "query") {
    await requireFreePort(host, options.otlpGrpcPort, "otlp-grpc-port");
    await requireFreePort(host, options.otlpHttpPort, "otlp-http-port");
  }
  if (options.clickhousePort !== undefined) await requireFreePort(host, options.clickhousePort, "clickhouse-port");

  const directory = await dataDirectory(options, env, undo);
  const store = await openStore(options, directory, logger);
  undo.push(() => store.close());
  const collector = role === "query" ? undefined : await startPipelines(settings, store);
  if (collector !== undefined) undo.push(() => collector.shutdown());

  const startedAtMs = systemClock.nowMs();
  const loopback = isLoopback(host);
  const token = loopback ? undefined : (env["CLEW_TOKEN"] ?? randomBytes(16).toString("hex"));
  let ui = "";
  const status = (): ProgramStatus => ({
    version: VERSION,
    startedAtMs,
    dataDirectory: directory,
    inMemory: options.memory,
    otlpGrpc: collector === undefined ? undefined : endpointOf(collector, "grpc"),
    otlpHttp: collector === undefined ? undefined : endpointOf(collector, "http"),
    ui,
  });
  const access = { token, loopback };
  const api: ApiSettings = {
    store,
    clock: systemClock,
    uiDirectory: uiDirectory(),
    status,
    access,
    readOnly: role === "query",
  };
  const serve = async (app: Parameters<typeof listen>[0], port: number): Promise<string> => {
    const server = await listen(app, host, port);
    undo.push(() => server.close());
    return urlOf(host, server.port);
  };
  ui = await serve(role === "ingest" ? healthApp(store, false) : uiApp(api), options.port);
  const prometheusPort =
    role === "ingest" ? undefined : await usablePort(host, options.prometheusPort, "prometheus-port", logger);
  const prometheusUrl = prometheusPort === undefined ? undefined : await serve(prometheusApp(api), prometheusPort);
  const clickhouseUrl =
    options.clickhousePort === undefined
      ? undefined
      : await serve(proxyFor(options, store, access), options.clickhousePort);

  if (options.demo) await addDemo(status(), logger, undo);
  return { status: status(), prometheusUrl, clickhouseUrl, storedAt: storedAt(options, directory), token, stop };
}

async function openStore(options: UpOptions, directory: string, logger: Logger): Promise<Store> {
  return Store.open({
    directory,
    engineProgram: fileURLToPath(new URL("../dist/engine-main.js", import.meta.url)),
    engineMemoryBytes: options.storeMemoryBytes,
    ...(options.clickhouse === undefined ? {} : { server: options.clickhouse }),
    readOnly: options.role === "query",
    retention: options.retention,
    rollups: options.rollups,
    retentionRules: options.retentionRules,
    maxDiskBytes: options.maxDiskBytes,
    report: (line) => logger.warn(line, { component: "store" }),
  });
}

async function startPipelines({ options, env, logger }: UpSettings, store: Store): Promise<Collector> {
  const metricsPort = await usablePort(options.host, options.metricsPort, "metrics-port", logger);
  const yaml =
    options.config === undefined ? defaultConfig({ ...options, metricsPort }) : await readFile(options.config, "utf8");
  const config = await loadConfig(yaml, env);
  return startCollector({ config, components: withStore(store), logger });
}

function proxyFor({ clickhouseAccess }: UpOptions, store: Store, access: AccessSettings): RequestListener {
  const mayWrite = clickhouseAccess === "write";
  return clickHouseProxy({ endpoint: store.visitorEndpoint(mayWrite), access, mayWrite });
}

function storedAt({ clickhouse, memory }: UpOptions, directory: string): string {
  if (clickhouse !== undefined) return `${clickhouse.url}/${clickhouse.database}`;
  return memory ? "in memory: gone when this stops" : directory;
}

async function addDemo({ otlpGrpc }: ProgramStatus, logger: Logger, undo: (() => Promise<unknown>)[]): Promise<void> {
  if (otlpGrpc === undefined)
    return logger.warn("The configuration has no OTLP gRPC receiver, so the demo is not started.");
  const controller = new AbortController();
  const report = (line: string): void => logger.info(line, { component: "demo" });
  const demo = await startDemo({ otlpEndpoint: otlpGrpc, report, signal: controller.signal });
  undo.push(() => demo.stop());
}

async function undoAll(undo: (() => Promise<unknown>)[], logger: Logger): Promise<void> {
  for (const step of undo.splice(0).toReversed()) {
    await step().catch((error: unknown) => logger.error("Stopping failed", { error: messageOf(error) }));
  }
}

/** A port that nobody asked for is done without when it is taken. */
async function usablePort(
  host: string,
  { port, isDefault }: OptionalPort,
  flag: string,
  logger: Logger,
): Promise<number | undefined> {
  if (port === undefined) return undefined;
  try {
    await requireFreePort(host, port, flag);
    return port;
  } catch (error) {
    if (!isDefault) throw error;
    logger.warn(`${messageOf(error)} Going on without it.`);
    return undefined;
  }
}

async function dataDirectory(
  options: UpOptions,
  env: UpSettings["env"],
  undo: (() => Promise<unknown>)[],
): Promise<string> {
  if (!options.memory && options.role !== "query") return dataDirectoryOf(options.data, env);
  const directory = await mkdtemp(join(tmpdir(), "clew-"));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function withStore(store: Store): Registry {
  const builtin = builtinComponents();
  return { ...builtin, exporters: [...builtin.exporters, clewExporter(storeSink(store))] };
}

function endpointOf(collector: Collector, protocol: "grpc" | "http"): string | undefined {
  const path = Object.keys(collector.addresses).find(
    (key) => key.startsWith("receivers::otlp") && key.includes(`::${protocol}::`),
  );
  const address = path === undefined ? undefined : collector.addresses[path];
  return address === undefined ? undefined : urlOf(address.host, address.port);
}

function urlOf(host: string, port: number): string {
  const name =
    isLoopback(host) || host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function uiDirectory(): string {
  return fileURLToPath(new URL("./dist", import.meta.resolve("@clew/ui/package.json")));
}
