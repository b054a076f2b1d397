import { anything, boolean, duration, field, map, section, string, type Schema } from "../../../schema/schema.ts";
import { endpoint } from "../../../schema/endpoint.ts";
import type { Address } from "../../../net/address.ts";

export interface PrometheusConfig {
  readonly endpoint: Address;
  readonly namespace: string;
  readonly const_labels: Readonly<Record<string, string>>;
  readonly send_timestamps: boolean;
  readonly metric_expiration: number;
  readonly resource_to_telemetry_conversion: {
    readonly enabled: boolean;
    readonly exclude_service_attributes: unknown;
  };
  readonly enable_open_metrics: boolean;
  readonly add_metric_suffixes: boolean;
}

export const schema: Schema<PrometheusConfig> = section<PrometheusConfig>({
  endpoint: field(endpoint, "localhost:8889", "Where `/metrics` is served, `host:port`."),
  namespace: field(string, "", "Stands before every metric's name, joined by `_`."),
  const_labels: field(map(string), undefined, "Labels that every sample gets."),
  send_timestamps: field(boolean, false, "Whether samples carry the time of their data point."),
  metric_expiration: field(duration, "5m", "Series that got nothing for so long are shown no more."),
  resource_to_telemetry_conversion: field(
    section({
      enabled: field(boolean, false, "Whether every resource attribute becomes a label."),
      exclude_service_attributes: field(anything, undefined, "Accepted; not applied."),
    }),
    undefined,
    "Resource attributes as labels; without it they are labels of `target_info`.",
  ),
  enable_open_metrics: field(boolean, false, "Whether OpenMetrics, with exemplars, is given to those who ask for it."),
  add_metric_suffixes: field(boolean, true, "Whether names get their unit, `_total` and `_ratio`."),
});
