import type { Settings } from "../component.ts";
import { ConnectionServer } from "../net/connection-server.ts";
import { Http1Connection, type ConnectionSettings } from "./connection.ts";

export type Http1ServerSettings = Omit<ConnectionSettings, "nowMs" | "date" | "report">;

/** Serves HTTP/1.1. */
export function http1Server(settings: Settings, own: Http1ServerSettings): ConnectionServer {
  const nowMs = (): number => settings.clock.nowMs();
  const connection = { ...own, nowMs, date: dateOf(nowMs), report: settings.report };
  return new ConnectionServer(
    settings,
    { protocol: "http/1.1", lends: false },
    (socket) => new Http1Connection(socket, connection),
  );
}

/** The `Date` header's value, written once a second. */
function dateOf(nowMs: () => number): () => string {
  let second = -1;
  let text = "";
  return () => {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1_000).toUTCString();
    }
    return text;
  };
}
