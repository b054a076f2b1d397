/** Clew's own API, for its UI and for scripts: `/api/clew/v1/…` (docs/api.md). */
import { ClewError, messageOf } from "@clew/base";
import { Hono } from "hono";
import { backupEndpoints, type BackupEndpointSettings } from "./backup-endpoints.ts";
import { exportEndpoint, type ExportEndpointSettings } from "./export-endpoint.ts";
import { liveEndpoint, type LiveEndpointSettings } from "./live-endpoint.ts";
import { logEndpoints, type LogEndpointSettings } from "./log-endpoints.ts";
import { overviewEndpoints, type OverviewEndpointSettings } from "./overview-endpoints.ts";
import { badParameter } from "./parameters.ts";
import { traceEndpoints, type TraceEndpointSettings } from "./trace-endpoints.ts";

export type ClewApiSettings = TraceEndpointSettings &
  LogEndpointSettings &
  OverviewEndpointSettings &
  LiveEndpointSettings &
  BackupEndpointSettings &
  ExportEndpointSettings;

/** Errors are `{"error": {code, message, path?, remedy?}}`: 400 where the request is at fault, else 500. */
export function clewApi(settings: ClewApiSettings): Hono {
  const app = new Hono().basePath("/api/clew/v1");
  for (const part of [
    overviewEndpoints(settings),
    traceEndpoints(settings),
    logEndpoints(settings),
    liveEndpoint(settings),
    backupEndpoints(settings),
    exportEndpoint(settings),
  ]) {
    part.onError((error, context) => {
      const told = isBadPattern(error) ? badPattern(error) : error;
      if (!(told instanceof ClewError)) {
        return context.json({ error: { code: "QUERY_FAILED", message: messageOf(error) } }, 500);
      }
      const { code, what: message, path, remedy } = told;
      return context.json({ error: { code, message, path, remedy } }, 400);
    });
    app.route("/", part);
  }
  return app;
}

/** RE2's own words stand between "error:" and where ClickHouse says to read more. */
function badPattern(error: unknown): ClewError {
  const reason = /error: (.+?)(?:\. Look at |$)/s.exec(messageOf(error))?.[1] ?? messageOf(error);
  return badParameter("attr", `not a regular expression: ${reason}`, "write it as RE2 has them");
}

/** ClickHouse's CANNOT_COMPILE_REGEXP. */
function isBadPattern(error: unknown): boolean {
  return (error as { code?: unknown }).code === "427";
}
