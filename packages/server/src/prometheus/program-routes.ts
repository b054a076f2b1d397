/** Routes that are about the program: status, features, notifications, what it scrapes, and what Prometheus has switched off by default. */
import type { Context, Hono } from "hono";
import { stringify } from "yaml";
import { ScrapedTargets } from "@clew/collector";
import { STABLE_FEATURES } from "@clew/query";
import { openApiDocument } from "../openapi/document.ts";
import { UnavailableError } from "./api-error.ts";
import { type Answer, dataOf } from "./envelope.ts";
import { features } from "./features.ts";
import { NotificationEndpoints } from "./notification-endpoints.ts";
import type { Parameters } from "./parameters.ts";
import type { PrometheusApiSettings } from "./prometheus-api.ts";
import { StatusEndpoints } from "./status-endpoints.ts";
import { TargetEndpoints } from "./target-endpoints.ts";

export type Endpoint = (parameters: Parameters, context: Context) => Answer | Promise<Answer>;
/** Serves `/api/v1/PATH`. */
export type Serve = (path: string, methods: readonly string[], endpoint: Endpoint) => void;

const GET = ["GET"];
const CHANGING = ["POST", "PUT"];
const ASKING = ["GET", "POST"];
const SEARCH = ["metric_names", "label_names", "label_values"];
const ADMIN = ["delete_series", "clean_tombstones", "snapshot"];

export function serveProgram(app: Hono, serve: Serve, settings: PrometheusApiSettings): void {
  const { clock, state, version, targets = new ScrapedTargets(), receivers, live, ownMetrics = () => [] } = settings;
  const { promql = STABLE_FEATURES, switchedOn = {} } = settings;
  const status = new StatusEndpoints({ clock, version, state, ownMetrics });
  serve("status/config", GET, () => status.config());
  serve("status/flags", GET, () => status.flags());
  serve("status/buildinfo", GET, () => status.buildInfo());
  serve("status/runtimeinfo", GET, () => status.runtimeInfo());
  serve("status/tsdb", GET, (parameters, context) => status.tsdb(parameters, context));
  serve("status/tsdb/blocks", GET, () => status.tsdbBlocks());
  serve("status/self_metrics", GET, (parameters) => status.selfMetrics(parameters));
  serve("status/walreplay", GET, () => status.walReplay());
  serve("features", GET, () =>
    dataOf(features({ isReceiving: receivers !== undefined, isLive: live !== undefined, promql, switchedOn })),
  );
  serveTargets(serve, new TargetEndpoints(() => targets.pools()));
  const notifications = new NotificationEndpoints(clock, state.warnings);
  serve("notifications", GET, () => notifications.list());
  app.get("/api/v1/notifications/live", (context) => notifications.live(context));
  app.get("/api/v1/openapi.yaml", () => yamlResponse(openApiDocument(version)));
  app.get("/version", (context) => context.json(status.build));
  for (const path of ADMIN)
    serve(`admin/tsdb/${path}`, CHANGING, () => {
      throw new UnavailableError("admin APIs disabled");
    });
  for (const path of SEARCH)
    serve(`search/${path}`, ASKING, () => {
      throw new UnavailableError("search API disabled");
    });
  app.on(CHANGING, "/-/quit", (context) => context.text("Lifecycle API is not enabled.", 403));
  app.get("/-/quit", (context) => context.text("Only POST or PUT requests allowed", 405));
}

function serveTargets(serve: Serve, targets: TargetEndpoints): void {
  serve("scrape_pools", GET, () => targets.scrapePools());
  serve("scrape_pools/config", GET, (parameters) => targets.scrapePoolConfig(parameters));
  serve("targets", GET, (parameters) => targets.targets(parameters));
  serve("targets/metadata", GET, (parameters) => targets.metadata(parameters));
  serve("targets/relabel_steps", GET, (parameters) => targets.relabelSteps(parameters));
}

function yamlResponse(document: object): Response {
  return new Response(stringify(document, { aliasDuplicateObjects: false }), {
    headers: { "content-type": "application/yaml; charset=utf-8" },
  });
}
