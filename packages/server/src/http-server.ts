/** The HTTP server of the UI's port: every API, and the UI's files. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@clew/base";
import { expositionText, TEXT_FORMAT, type Family, type ScrapedTargets } from "@clew/collector";
import type { Labels, MetricsQuerier, PromqlFeatures } from "@clew/query";
import { ExportReader, LogReader, MetricPointReader, OverviewReader, TraceReader, type Store } from "@clew/store";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { guard, type AccessSettings } from "./access.ts";
import type { ApiCounts } from "./api-counts.ts";
import { clewApi } from "./clew/clew-api.ts";
import type { ProgramStatus } from "./clew/overview-endpoints.ts";
import { alertmanagerApi } from "./alertmanager/alertmanager-api.ts";
import { jaegerV1 } from "./jaeger/jaeger-v1.ts";
import { jaegerV3 } from "./jaeger/jaeger-v3.ts";
import type { PrometheusConfig } from "./prometheus-config/read-prometheus-config.ts";
import type { SwitchedOn } from "./prometheus/features.ts";
import { pageNotFound, prometheusApi } from "./prometheus/prometheus-api.ts";
import { storeState } from "./prometheus/store-state.ts";
import { receivers, type ReceiverSettings } from "./receiver/receivers.ts";
import type { QueryRunner } from "./query-thread/query-runner.ts";
import type { Reloadable } from "./prometheus/reload.ts";
import type { RulesSource } from "./prometheus/rules-endpoints.ts";
import { uiFiles } from "./ui-files.ts";

/** Clients choose features by Prometheus's version, so that is what `buildinfo` tells. */
const PROMETHEUS_VERSION = "3.5.0";

export interface ApiSettings {
  readonly store: Store;
  /** Of the store: one for all that ask, since it remembers series. */
  readonly querier: MetricsQuerier;
  /** What queries may have beside what is stable; nothing where absent. */
  readonly promql?: PromqlFeatures | undefined;
  /** What else of Prometheus's experimental features is on. */
  readonly switchedOn?: SwitchedOn | undefined;
  /** What `--enable-feature` named. */
  readonly enabledFeatures?: readonly string[];
  /** Where PromQL queries are worked out; in this thread where absent. */
  readonly queries?: QueryRunner | undefined;
  readonly clock: Clock;
  readonly uiDirectory: string;
  readonly status: () => ProgramStatus;
  readonly access: AccessSettings;
  /** What the program's collector scrapes, where it does. */
  readonly targets?: ScrapedTargets | undefined;
  /** How long metrics are kept; for ever where absent. */
  readonly metricsRetentionMs?: number | undefined;
  /** What is read anew while the program runs; nothing where absent. */
  readonly live?: LiveConfig | undefined;
  /** What series are given where they leave this program; none where absent. */
  readonly externalLabels?: Labels | undefined;
  readonly counts?: ApiCounts | undefined;
  /** The program's own metrics, which the Prometheus port shows; none where absent. */
  readonly ownMetrics?: (() => readonly Family[]) | undefined;
  /** Whether only questions are answered: nothing can be written over Prometheus's API. */
  readonly readOnly?: boolean;
  readonly rules?: RulesSource | undefined;
}

/** Configuration that may be another one later. */
export interface LiveConfig extends Reloadable {
  /** Prometheus's own configuration, where one was given. */
  readonly prometheus: PrometheusConfig | undefined;
}

export interface ListeningServer {
  readonly port: number;
  /** Ends open connections, live streams too. */
  close(): Promise<void>;
}

/** Everything on one port: the UI, Clew's, Jaeger's and Prometheus's APIs, `/live` and `/ready`. */
export function uiApp(settings: ApiSettings): Hono {
  const { store, clock } = settings;
  const traces = new TraceReader(store.client);
  const app = new Hono();
  app.use(guard(settings.access));
  const overview = new OverviewReader(store.client);
  app.route("/", healthApp(store));
  app.route(
    "/",
    clewApi({
      traces,
      logs: new LogReader(store.client, store.isDistributed),
      overview,
      points: new MetricPointReader(store.client),
      clock,
      status: settings.status,
      health: () => store.health,
      backups: store,
      exports: new ExportReader(store.client),
      flush: () => store.flush(),
      subscribe: (listener) => store.subscribe(listener),
    }),
  );
  app.route("/", jaegerV3({ traces }));
  app.route("/", jaegerV1({ traces, overview, clock }));
  app.route("/", promApp(settings));
  app.get("/graph", (context) => context.redirect(metricsPage(context.req.query("g0.expr") ?? "")));
  app.route("/", uiFiles(settings.uiDirectory));
  return app;
}

/** Where the UI shows what is at Prometheus's `/graph`, to which alerts and templates link. */
function metricsPage(query: string): string {
  return `/metrics?q=${encodeURIComponent(query)}`;
}

/** `/live`, and `/ready`, which tells the engine's version. What only takes telemetry in can do so while a server is away. */
function healthApp(store: Pick<Store, "health">, needsEngine: boolean = true): Hono {
  const app = new Hono();
  app.get("/live", (context) => context.text("ok\n"));
  app.get("/ready", (context) => {
    const { engine, engineReady, engineVersion, spoolBytes, warnings } = store.health;
    if (engineReady) {
      const told = warnings.map((warning) => `warning: ${warning}\n`).join("");
      return context.text(`ready (${engine} ClickHouse ${engineVersion})\n${told}`);
    }
    if (!needsEngine) return context.text(`ready (ClickHouse does not answer: ${spoolBytes} bytes wait for it)\n`);
    return context.text(engine === "embedded" ? "the engine is starting\n" : "ClickHouse does not answer\n", 503);
  });
  return app;
}

/** What a program serves that only takes telemetry in, while its engine is away too. */
export function ingestApp(settings: Pick<ApiSettings, "store" | "clock" | "access" | "counts">): Hono {
  const app = new Hono();
  app.use(guard(settings.access));
  app.route("/", healthApp(settings.store, false));
  return app.route("/", receivers(receiverSettings(settings)));
}

/** Prometheus's API, and the program's own metrics, for the port where its clients look. */
export function prometheusApp(settings: ApiSettings): Hono {
  const app = new Hono();
  app.use(guard(settings.access));
  app.notFound(pageNotFound);
  const { ownMetrics } = settings;
  if (ownMetrics !== undefined)
    app.get("/metrics", () => new Response(expositionText(ownMetrics()), { headers: { "content-type": TEXT_FORMAT } }));
  return app.route("/", promApp(settings));
}

function promApp(settings: ApiSettings): Hono {
  const { store, querier, clock, readOnly = false, rules } = settings;
  const app = new Hono();
  app.route("/", alertmanagerApi(rules));
  const prometheus = prometheusApi({
    querier,
    queries: settings.queries,
    promql: settings.promql,
    switchedOn: settings.switchedOn,
    clock,
    rules,
    live: settings.live,
    state: storeState(settings),
    targets: settings.targets,
    version: PROMETHEUS_VERSION,
    isReady: () => store.health.engineReady,
    externalLabels: settings.externalLabels,
    receivers: readOnly ? undefined : receiverSettings(settings),
    counts: settings.counts,
    ownMetrics: settings.ownMetrics,
  });
  return app.route("/", prometheus);
}

function receiverSettings({ store, clock, counts }: Pick<ApiSettings, "store" | "clock" | "counts">): ReceiverSettings {
  return { clock, counts, write: (payload) => store.write(payload) };
}

/** Listens; port 0 takes a free one. Rejects with the system's error where the address is taken. */
export async function listen(app: Hono | RequestListener, host: string, port: number): Promise<ListeningServer> {
  const listener: (...exchange: Parameters<RequestListener>) => unknown =
    typeof app === "function" ? app : getRequestListener(app.fetch);
  const server: Server = createServer((request, response) => {
    void listener(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
