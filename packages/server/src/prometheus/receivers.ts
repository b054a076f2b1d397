/** Where Prometheus's senders write to: remote write. */
import { Hono } from "hono";
import { type RemoteWriteSettings, WriteEndpoint } from "../remote-write/write-endpoint.ts";

export type ReceiverSettings = RemoteWriteSettings;

const NO_RECEIVER = "this program only answers questions: write to one that stores (--role all)\n";

/** An app of its own, to be mounted at the root of a server. Without settings nothing is taken, and that is told. */
export function receivers(settings: ReceiverSettings | undefined): Hono {
  const app = new Hono();
  if (settings === undefined) {
    app.post("/api/v1/write", () => new Response(NO_RECEIVER, { status: 404 }));
    return app;
  }
  const writing = new WriteEndpoint(settings);
  app.post("/api/v1/write", (context) => writing.answer(context));
  return app;
}
