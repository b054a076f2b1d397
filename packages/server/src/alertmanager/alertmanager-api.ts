/**
 * What Alertmanager's API, version 2, has of alerts and silences, where the program tells receivers of alerts itself.
 *
 * https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
import { messageOf } from "@clew/base";
import { SilenceError } from "@clew/rules";
import { type Context, Hono } from "hono";
import type { RulesSource } from "../prometheus/rules-endpoints.ts";
import { listAlerts } from "./alert-endpoints.ts";
import { Refusal } from "./refusal.ts";
import { SilenceEndpoints } from "./silence-endpoints.ts";

const NO_ALERTMANAGER = "this program tells nobody of alerts itself: start it with --alertmanager-config";

type Alertmanager = NonNullable<RulesSource["alertmanager"]>;
type Endpoint = (alertmanager: Alertmanager, context: Context) => Promise<Response> | Response;

export function alertmanagerApi(source: RulesSource | undefined): Hono {
  const app = new Hono();
  const serve = (method: "GET" | "POST" | "DELETE", path: string, endpoint: Endpoint): void =>
    void app.on(method, `/api/v2/${path}`, (context) => answered(source?.alertmanager, context, endpoint));
  const silences = ({ silences }: Alertmanager): SilenceEndpoints => new SilenceEndpoints(silences);
  serve("GET", "alerts", listAlerts);
  serve("GET", "silences", (alertmanager, context) => silences(alertmanager).list(context));
  serve("POST", "silences", (alertmanager, context) => silences(alertmanager).set(context));
  serve("GET", "silence/:id", (alertmanager, context) => silences(alertmanager).get(context));
  serve("DELETE", "silence/:id", (alertmanager, context) => silences(alertmanager).expire(context));
  return app;
}

async function answered(
  alertmanager: Alertmanager | undefined,
  context: Context,
  endpoint: Endpoint,
): Promise<Response> {
  if (alertmanager === undefined) return Response.json(NO_ALERTMANAGER, { status: 404 });
  try {
    return await endpoint(alertmanager, context);
  } catch (error) {
    if (error instanceof Refusal) return Response.json(error.body, { status: error.status });
    const isDelete = context.req.method === "DELETE";
    if (!(error instanceof SilenceError)) return Response.json(messageOf(error), { status: 500 });
    if (!error.isNotFound) return Response.json(error.message, { status: isDelete ? 500 : 400 });
    return isDelete ? new Response(null, { status: 404 }) : Response.json(error.message, { status: 404 });
  }
}
