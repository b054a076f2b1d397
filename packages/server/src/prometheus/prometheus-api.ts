/**
 * Prometheus's HTTP API over any `MetricsQuerier`, answer for answer as Prometheus 3 gives it, so that
 * Grafana and other clients work unmodified.
 */
import type { Clock } from "@clew/base";
import type { MetricsQuerier } from "@clew/query";
import { type Context, Hono } from "hono";
import { type Answer, dataOf, respond, respondError } from "./envelope.ts";
import { MetadataEndpoints } from "./metadata-endpoints.ts";
import { Parameters } from "./parameters.ts";
import { type RemoteWriteSettings, WriteEndpoint } from "../remote-write/write-endpoint.ts";
import { QueryEndpoints } from "./query-endpoints.ts";
import { RulesEndpoints, type RulesSource } from "./rules-endpoints.ts";
import { reloadAnswer } from "./reload.ts";

export interface PrometheusApiSettings {
  readonly querier: MetricsQuerier;
  readonly clock: Clock;
  /** What `status/buildinfo` tells. Clients choose features by the version: give a Prometheus version. */
  readonly version: string;
  /** Whether `/-/ready` says yes; it does where this is absent. */
  readonly isReady?: () => boolean;
  /** Where remote write's samples go; they are not taken where this is absent. */
  readonly remoteWrite?: RemoteWriteSettings | undefined;
  /** The rules that are evaluated; none where this is absent. */
  readonly rules?: RulesSource | undefined;
  /** The longest that a query may take; 2 minutes where it is absent. */
  readonly queryTimeoutMs?: number;
}

const NO_RECEIVER = "this program only answers questions: write to one that stores (--role all)\n";

type Endpoint = (parameters: Parameters, context: Context) => Answer | Promise<Answer>;

/** The API as an app of its own, to be mounted at the root of a server. */
export function prometheusApi(settings: PrometheusApiSettings): Hono {
  const app = new Hono();
  const queries = new QueryEndpoints(settings);
  const metadata = new MetadataEndpoints(settings.querier);
  const rules = new RulesEndpoints(settings.rules);
  const serve = (path: string, methods: readonly string[], endpoint: Endpoint): void => {
    app.on([...methods], `/api/v1/${path}`, (context) => answered(endpoint, context));
    app.options(`/api/v1/${path}`, () => new Response(null, { status: 204 }));
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
  serve("rules", ["GET"], (parameters) => rules.rules(parameters));
  serve("alerts", ["GET"], () => rules.alerts());
  serve("alertmanagers", ["GET"], () => rules.alertmanagers());
  serve("status/buildinfo", ["GET"], () => dataOf(buildInfo(settings.version)));
  const writing = settings.remoteWrite && new WriteEndpoint(settings.remoteWrite);
  app.post("/api/v1/write", (context) => writing?.answer(context) ?? new Response(NO_RECEIVER, { status: 404 }));
  app.on(["POST", "PUT"], "/-/reload", (context) => reloadAnswer(settings.rules, context));
  app.get("/-/healthy", () => new Response("Prometheus Server is Healthy.\n"));
  app.get("/-/ready", () => {
    if (settings.isReady?.() === false) return new Response("Service Unavailable", { status: 503 });
    return new Response("Prometheus Server is Ready.\n");
  });
  app.notFound(() => new Response("404 page not found\n", { status: 404 }));
  return app;
}

async function answered(endpoint: Endpoint, context: Context): Promise<Response> {
  try {
    return respond(await endpoint(await Parameters.of(context), context));
  } catch (thrown) {
    return respondError(thrown);
  }
}

function buildInfo(version: string): Readonly<Record<string, string>> {
  return { version, revision: "", branch: "", buildUser: "", buildDate: "", goVersion: "" };
}
