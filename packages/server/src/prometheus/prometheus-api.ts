/**
 * Prometheus's HTTP API over any `MetricsQuerier`, answer for answer as Prometheus 3 gives it, so that
 * Grafana and other clients work unmodified.
 */
import type { Clock } from "@clew/base";
import type { Family, ScrapedTargets } from "@clew/collector";
import { Labels, type MetricsQuerier, type PromqlFeatures } from "@clew/query";
import { type Context, Hono } from "hono";
import type { ApiCounts } from "../api-counts.ts";
import type { SwitchedOn } from "./features.ts";
import { FederateEndpoint } from "../federation/federate-endpoint.ts";
import { ReadEndpoint } from "../remote-read/read-endpoint.ts";
import { respond, respondError } from "./envelope.ts";
import { MetadataEndpoints } from "./metadata-endpoints.ts";
import { Parameters } from "./parameters.ts";
import { type Endpoint, type Serve, serveProgram } from "./program-routes.ts";
import type { ProgramState } from "./program-state.ts";
import { QueryEndpoints } from "./query-endpoints.ts";
import { RulesEndpoints, type RulesSource } from "./rules-endpoints.ts";
import type { QueryRunner } from "../query-thread/query-runner.ts";
import { reloadAnswer, type Reloadable } from "./reload.ts";
import { receivers, type ReceiverSettings } from "../receiver/receivers.ts";

export interface PrometheusApiSettings {
  readonly querier: MetricsQuerier;
  /** Where queries are worked out; in this thread, with `querier`, where absent. */
  readonly queries?: QueryRunner | undefined;
  readonly clock: Clock;
  /** What queries may have beside what is stable; nothing where absent. */
  readonly promql?: PromqlFeatures | undefined;
  /** What else of Prometheus's experimental features is on; nothing where absent. */
  readonly switchedOn?: SwitchedOn | undefined;
  /** What `status/buildinfo` tells. Clients choose features by the version: give a Prometheus version. */
  readonly version: string;
  readonly state: ProgramState;
  /** What is scraped; nothing where absent. */
  readonly targets?: ScrapedTargets | undefined;
  /** Whether `/-/ready` says yes; it does where this is absent. */
  readonly isReady?: () => boolean;
  /** Where senders' samples go; they are not taken where this is absent. */
  readonly receivers?: ReceiverSettings | undefined;
  /** What series are given where they leave this program: in `/federate`, and in answers to remote read. None where absent. */
  readonly externalLabels?: Labels | undefined;
  /** The program's own metrics. */
  readonly ownMetrics?: (() => readonly Family[]) | undefined;
  /** Where it is counted what the API does. */
  readonly counts?: ApiCounts | undefined;
  /** The rules that are evaluated; none where this is absent. */
  readonly rules?: RulesSource | undefined;
  /** What `/-/reload` reads anew; nothing where absent. */
  readonly live?: Reloadable | undefined;
  /** The longest that a query may take; 2 minutes where it is absent. */
  readonly queryTimeoutMs?: number;
}

/** The API as an app of its own, to be mounted at the root of a server. */
export function prometheusApi(settings: PrometheusApiSettings): Hono {
  const app = new Hono();
  const { externalLabels = Labels.empty, isReady = () => true } = settings;
  const queries = new QueryEndpoints(settings);
  const metadata = new MetadataEndpoints(settings.querier, settings.promql);
  const rules = new RulesEndpoints(settings.rules);
  app.options("/api/v1/*", () => new Response(null, { status: 204 }));
  const serve: Serve = (path, methods, endpoint) => {
    app.on([...methods], `/api/v1/${path}`, (context) => answered(endpoint, context));
    app.all(`/api/v1/${path}`, () => plainText(405, "Method Not Allowed\n"));
  };
  const both = ["GET", "POST"];
  serve("query", both, (parameters, context) => queries.instant(parameters, context));
  serve("query_range", both, (parameters, context) => queries.range(parameters, context));
  serve("format_query", both, (parameters) => queries.format(parameters));
  serve("query_exemplars", both, (parameters, context) => metadata.exemplars(parameters, context));
  serve("labels", both, (parameters, context) => metadata.labels(parameters, context));
  serve("label/:name/values", ["GET"], (parameters, context) => metadata.labelValues(parameters, context));
  serve("series", both, (parameters, context) => metadata.series(parameters, context));
  serve("metadata", ["GET"], (parameters, context) => metadata.metadata(parameters, context));
  serve("parse_query", both, (parameters) => queries.parse(parameters));
  serve("rules", ["GET"], (parameters) => rules.rules(parameters));
  serve("alerts", ["GET"], () => rules.alerts());
  serve("alertmanagers", ["GET"], () => rules.alertmanagers());
  serveProgram(app, serve, settings);
  app.route("/", receivers(settings.receivers));
  const federation = new FederateEndpoint({ ...settings, externalLabels });
  app.get("/federate", (context) => (isReady() ? federation.answer(context) : notReady()));
  const reading = new ReadEndpoint({ ...settings, externalLabels });
  app.post("/api/v1/read", (context) => (isReady() ? reading.answer(context) : notReady()));
  app.on(["POST", "PUT"], "/-/reload", (context) => reloadAnswer(settings.live, context));
  app.get("/-/healthy", () => plainText(200, "Prometheus Server is Healthy.\n"));
  app.get("/-/ready", () => {
    return isReady() ? plainText(200, "Prometheus Server is Ready.\n") : notReady();
  });
  app.all("/api/v1/*", pageNotFound);
  app.notFound(pageNotFound);
  return app;
}

/** What Prometheus has at no other path. */
export function pageNotFound(): Response {
  return plainText(404, "404 page not found\n");
}

function notReady(): Response {
  return plainText(503, "Service Unavailable");
}

function plainText(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

async function answered(endpoint: Endpoint, context: Context): Promise<Response> {
  try {
    return respond(await endpoint(await Parameters.of(context), context));
  } catch (thrown) {
    return respondError(thrown);
  }
}
