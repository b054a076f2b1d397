/** `/api/clew/v1/overview`, `services`, `metrics` and `status`: what arrives, from whom, and how the program is. */
import type { Clock } from "@clew/base";
import type { MetricPointReader, OverviewReader, StoreHealth } from "@clew/store";
import { Hono } from "hono";
import { badParameter, count, textOf, windowOf } from "./parameters.ts";

const DEFAULT_BUCKETS = 60;
const MAX_BUCKETS = 1_000;
const MAX_POINTS = 100_000;

/** Where the program listens and keeps its data, as `clew up` printed it. */
export interface ProgramStatus {
  readonly version: string;
  readonly startedAtMs: number;
  readonly dataDirectory: string;
  /** Nothing outlives the program. */
  readonly inMemory: boolean;
  readonly otlpGrpc: string | undefined;
  readonly otlpHttp: string | undefined;
  readonly ui: string;
}

export interface OverviewEndpointSettings {
  readonly overview: OverviewReader;
  readonly points: MetricPointReader;
  readonly clock: Clock;
  readonly status: () => ProgramStatus;
  readonly health: () => StoreHealth;
}

export function overviewEndpoints({ overview, points, clock, status, health }: OverviewEndpointSettings): Hono {
  const app = new Hono();
  app.get("/overview", async (context) => {
    const window = windowOf(context, clock);
    const [services, activity] = await Promise.all([
      overview.services(window),
      overview.activity(window, count(context, "buckets", DEFAULT_BUCKETS, MAX_BUCKETS)),
    ]);
    return context.json({ services, activity });
  });
  app.get("/services/:service/operations", async (context) =>
    context.json({ operations: await overview.operations(context.req.param("service"), windowOf(context, clock)) }),
  );
  app.get("/services/graph", async (context) =>
    context.json({ edges: await overview.serviceGraph(windowOf(context, clock)) }),
  );
  app.get("/metrics", async (context) => context.json({ metrics: await overview.catalogue(windowOf(context, clock)) }));
  app.get("/metrics/points", async (context) => {
    const name = textOf(context, "name");
    if (name === undefined) throw badParameter("name", "no metric is named", "give the metric's OTLP name");
    const limit = count(context, "limit", MAX_POINTS, MAX_POINTS);
    return context.json({ resourceMetrics: await points.points(name, windowOf(context, clock), limit) });
  });
  app.get("/status", (context) => context.json({ ...status(), store: health() }));
  return app;
}
