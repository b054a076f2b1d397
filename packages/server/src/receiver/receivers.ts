/** Where Prometheus's senders write to: remote write, and OTLP as Prometheus takes it. */
import { Hono } from "hono";
import { type RemoteWriteSettings, WriteEndpoint } from "../remote-write/write-endpoint.ts";
import { OtlpMetricsEndpoint } from "./otlp-metrics-endpoint.ts";

export type ReceiverSettings = RemoteWriteSettings;

const PATHS = ["/api/v1/write", "/api/v1/otlp/v1/metrics"] as const;
const NO_RECEIVER = "this program only answers questions: write to one that stores (--role all)\n";

/** An app of its own, to be mounted at the root of a server. Without settings nothing is taken, and that is told. */
export function receivers(settings: ReceiverSettings | undefined): Hono {
  const app = new Hono();
  if (settings === undefined) {
    for (const path of PATHS) app.post(path, () => new Response(NO_RECEIVER, { status: 404 }));
    return app;
  }
  const writing = new WriteEndpoint(settings);
  const otlp = new OtlpMetricsEndpoint(settings);
  app.post(PATHS[0], (context) => writing.answer(context));
  app.post(PATHS[1], (context) => otlp.answer(context));
  return app;
}
