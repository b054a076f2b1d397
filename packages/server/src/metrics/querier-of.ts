import type { Clock } from "@clew/base";
import type { OtlpSettings } from "@clew/otlp/prometheus";
import { MetricReader, type Store, type ToldChanges } from "@clew/store";
import { SampleCache } from "./sample-cache.ts";
import { StoreQuerier } from "./store-querier.ts";

export interface QuerierSettings {
  readonly clock: Clock;
  /** How what came over OTLP looks; as Prometheus has it where absent. */
  readonly otlp?: OtlpSettings | undefined;
  /** Whether a series has its metric's type and unit as labels; it has not where absent. */
  readonly typeAndUnitLabels?: boolean;
  /** How much of what queries read is kept for the next ones; nothing where 0. */
  readonly cacheBytes: number;
}

/** What PromQL asks of a store. What was read is kept only where the store tells of changes. */
export function querierOf(
  { client, metricChanges: changes }: Pick<Store, "client"> & { readonly metricChanges: ToldChanges | undefined },
  { clock, otlp, typeAndUnitLabels = false, cacheBytes }: QuerierSettings,
): StoreQuerier {
  const isKept = changes !== undefined && cacheBytes > 0;
  const cache = isKept ? new SampleCache({ changes, clock, limitBytes: cacheBytes }) : undefined;
  return new StoreQuerier(new MetricReader(client, changes), () => clock.nowMs(), { otlp, typeAndUnitLabels, cache });
}
