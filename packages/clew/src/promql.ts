import { systemClock } from "@clew/base";
import { querierOf, QueryThread, type PrometheusConfig, type StoreQuerier } from "@clew/server";
import type { Store } from "@clew/store";
import type { UpOptions } from "./options.ts";

/** What rules ask is small: most of what is kept is for the thread of queries. */
const OWN_CACHE_SHARE = 1 / 4;

export interface Promql {
  /** For rules, and for what evaluates nothing. */
  readonly querier: StoreQuerier;
  readonly queries: QueryThread;
}

/** What answers PromQL. The thread has to be closed. */
export function promqlOf(
  { queryCacheBytes, clickhousePort, clickhouseAccess, features: { promql } }: UpOptions,
  store: Store,
  config: PrometheusConfig | undefined,
): Promql {
  const hasOtherWriters = clickhousePort !== undefined && clickhouseAccess === "write";
  const { typeAndUnitLabels } = promql;
  const asking = { clock: systemClock, otlp: config?.otlp };
  const changes = hasOtherWriters ? undefined : store.metricChanges;
  const ownBytes = queryCacheBytes * OWN_CACHE_SHARE;
  return {
    querier: querierOf(
      { client: store.client, metricChanges: changes },
      { ...asking, typeAndUnitLabels, cacheBytes: ownBytes },
    ),
    queries: new QueryThread({ ...asking, features: promql, store, changes, cacheBytes: queryCacheBytes - ownBytes }),
  };
}
