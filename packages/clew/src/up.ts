/** Starts everything that `clew up` is: store, collector, HTTP APIs, demo; and stops it in the opposite order. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, systemClock } from "@clew/base";
import {
  builtinComponents,
  clewExporter,
  loadConfig,
  ScrapedTargets,
  startCollector,
  type Collector,
  type Logger,
  type Registry,
} from "@clew/collector";
import { startDemo } from "@clew/example-order-service";
import {
  ApiCounts,
  clickHouseProxy,
  ingestApp,
  listen,
  prometheusApp,
  uiApp,
  type AccessSettings,
  type ApiSettings,
  type ProgramStatus,
  type PrometheusConfig,
} from "@clew/server";
import { Labels } from "@clew/query";
import { Store } from "@clew/store";
import { observeApi } from "./api-metrics.ts";
import { ConfigurationWatch } from "./configuration-watch.ts";
import { dataDirectoryOf } from "./data-directory.ts";
import { defaultConfig } from "./default-config.ts";
import { ClewLiveConfig, type ClewLiveConfigSettings } from "./live-config.ts";
import type { OptionalPort, UpOptions } from "./options.ts";
import { requireFreePort } from "./ports.ts";
import { observeQueryCache, type WithCache } from "./query-cache-metrics.ts";
import { promqlOf } from "./promql.ts";
import { prometheusConfigOf } from "./prometheus-config.ts";
import { readText } from "./read-text.ts";
import type { ClewRules, ClewRulesSettings } from "./rules/clew-rules.ts";
import { withPrometheusConfig } from "./rules/rule-options.ts";
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
  /** Reads Prometheus's configuration and the files of rules anew; where they have faults, the log tells. Absent where there are neither. */
  readonly reload: (() => Promise<void>) | undefined;
  /** Stops taking telemetry, keeps what was taken, and ends everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** Rejects with `PORT_TAKEN`, `FILE_UNREADABLE`, `CONFIG_INVALID`, `PROMETHEUS_CONFIG_INVALID`, `STORE_IN_USE` or `STORE_ENGINE_FAILED`; nothing runs then. */
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
  const { features } = options;
  for (const { level, text, option } of features.remarks) logger[level](text, { option });
  const prometheusConfig = await prometheusConfigOf(settings);
  const store = await openStore(options, directory, prometheusConfig, logger);
  undo.push(() => store.close());
  const targets = new ScrapedTargets();
  const counts = new ApiCounts();
  const ruleOptions = withPrometheusConfig(options.rules, prometheusConfig, role === "all");
  const { querier, queries } = promqlOf(options, store, prometheusConfig);
  undo.push(() => queries.close());
  const rules = await rulesOf({
    options: ruleOptions,
    store,
    querier,
    features: features.promql,
    directory,
    logger,
  });
  const live = liveConfigOf(settings, { prometheus: prometheusConfig, targets, rules });
  const components = withStore({ store, targets, counts, caches: [querier, queries], rules });
  const collector = role === "query" ? undefined : await startPipelines(settings, prometheusConfig?.scrape, components);
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
    querier,
    queries,
    promql: features.promql,
    switchedOn: { autoReload: options.autoReloadMs !== undefined },
    enabledFeatures: features.names,
    clock: systemClock,
    uiDirectory: uiDirectory(),
    status,
    access,
    targets,
    counts,
    ownMetrics: collector === undefined ? undefined : () => collector.metrics(),
    metricsRetentionMs: options.retention.metrics,
    live,
    externalLabels: Labels.of(ruleOptions.externalLabels),
    readOnly: role === "query",
    rules,
  };
  const serve = async (app: Parameters<typeof listen>[0], port: number): Promise<string> => {
    const server = await listen(app, host, port);
    undo.push(() => server.close());
    return urlOf(host, server.port);
  };
  ui = await serve(role === "ingest" ? ingestApp(api) : uiApp(api), options.port);
  undo.push(async () => rules?.stop());
  await rules?.start(ui);
  const prometheusPort =
    role === "ingest" ? undefined : await usablePort(host, options.prometheusPort, "prometheus-port", logger);
  const prometheusUrl = prometheusPort === undefined ? undefined : await serve(prometheusApp(api), prometheusPort);
  const clickhouseUrl =
    options.clickhousePort === undefined
      ? undefined
      : await serve(proxyFor(options, store, access), options.clickhousePort);

  const { autoReloadMs: everyMs } = options;
  if (live !== undefined && everyMs !== undefined) {
    const watch = new ConfigurationWatch({ options, everyMs, live, clock: systemClock, logger });
    undo.push(() => watch.stop());
  }
  if (options.demo) await addDemo(status(), logger, undo);
  return {
    status: status(),
    prometheusUrl,
    clickhouseUrl,
    storedAt: storedAt(options, directory),
    token,
    reload: live && (() => live.reload().catch(() => {})),
    stop,
  };
}

/** Undefined where there is nothing to be read anew. */
function liveConfigOf(
  settings: UpSettings,
  { prometheus, targets, rules }: Pick<ClewLiveConfigSettings, "prometheus" | "rules"> & { targets: ScrapedTargets },
): ClewLiveConfig | undefined {
  if (prometheus === undefined && rules === undefined) return undefined;
  const { options, logger } = settings;
  const { role } = options;
  return new ClewLiveConfig({
    prometheus,
    read: () => prometheusConfigOf(settings),
    ruleOptions: (config) => withPrometheusConfig(options.rules, config, role === "all"),
    targets: options.config === undefined && role !== "query" ? targets : undefined,
    rules,
    clock: systemClock,
    logger,
  });
}

/** Only who has rules, or tells somebody of alerts, holds what they take. */
async function rulesOf(settings: ClewRulesSettings): Promise<ClewRules | undefined> {
  const { files, optionalFiles, alerting } = settings.options;
  if (files.length + optionalFiles.length + alerting.alertmanagers.length === 0) return undefined;
  const { ClewRules } = await import("./rules/clew-rules.ts");
  return new ClewRules(settings);
}

async function openStore(
  options: UpOptions,
  directory: string,
  prometheusConfig: PrometheusConfig | undefined,
  logger: Logger,
): Promise<Store> {
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
    otlp: prometheusConfig?.otlp,
    report: (line) => logger.warn(line, { component: "store" }),
  });
}

async function startPipelines(
  { options, env, logger }: UpSettings,
  scrape: object | undefined,
  components: Registry,
): Promise<Collector> {
  const metricsPort = await usablePort(options.host, options.metricsPort, "metrics-port", logger);
  const yaml =
    options.config === undefined
      ? defaultConfig({ ...options, metricsPort, scrape })
      : await readText(options.config, "a configuration");
  const config = await loadConfig(yaml, env);
  return startCollector({ config, components, logger });
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

interface ComponentParts {
  readonly store: Store;
  readonly targets: ScrapedTargets;
  readonly counts: ApiCounts;
  readonly caches: readonly WithCache[];
  readonly rules: ClewRules | undefined;
}

function withStore({ store, targets, counts, caches, rules }: ComponentParts): Registry {
  const builtin = builtinComponents(targets);
  const sink = storeSink(store, (meter) => {
    const ends = [observeApi(counts, meter), observeQueryCache(caches, meter), rules?.observe(meter)];
    return () => ends.forEach((end) => end?.());
  });
  return { ...builtin, exporters: [...builtin.exporters, clewExporter(sink)] };
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
