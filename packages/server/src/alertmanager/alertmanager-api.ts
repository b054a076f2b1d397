/**
 * What Alertmanager's API, version 2, has of alerts and silences, where the program tells receivers of alerts itself.
 *
 * https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
import { messageOf } from "@clew/base";
import { type Context, Hono } from "hono";
import type { RulesSource } from "../prometheus/rules-endpoints.ts";
import { Refusal } from "./refusal.ts";
import type { SilenceEndpoints } from "./silence-endpoints.ts";

const NO_ALERTMANAGER = "this program tells nobody of alerts itself: start it with --alertmanager-config";

type Alertmanager = NonNullable<RulesSource["alertmanager"]>;
type Endpoint = (alertmanager: Alertmanager, context: Context) => Promise<Response>;

export function alertmanagerApi(source: RulesSource | undefined): Hono {
  const app = new Hono();
  const serve = (method: "GET" | "POST" | "DELETE", path: string, endpoint: Endpoint): void =>
    void app.on(method, `/api/v2/${path}`, (context) => answered(source?.alertmanager, context, endpoint));
  serve("GET", "alerts", async (alertmanager, context) => {
    const { listAlerts } = await import("./alert-endpoints.ts");
    return listAlerts(alertmanager, context);
  });
  serve("GET", "silences", async (alertmanager, context) => (await silencesOf(alertmanager)).list(context));
  serve("POST", "silences", async (alertmanager, context) => (await silencesOf(alertmanager)).set(context));
  serve("GET", "silence/:id", async (alertmanager, context) => (await silencesOf(alertmanager)).get(context));
  serve("DELETE", "silence/:id", async (alertmanager, context) => (await silencesOf(alertmanager)).expire(context));
  return app;
}

/** Loaded when somebody asks: most programs have no silences. */
async function silencesOf({ silences }: Alertmanager): Promise<SilenceEndpoints> {
  const endpoints = await import("./silence-endpoints.ts");
  return new endpoints.SilenceEndpoints(silences);
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
    return Response.json(messageOf(error), { status: 500 });
  }
}
