import { postServerFields, type PostServerConfig } from "../../../net/post-server-config.ts";
import { checkTranslation, translationFields, type TranslationConfig } from "../../../prometheus/translation-config.ts";
import { anything, boolean, duration, field, map, section, string, type Schema } from "../../../schema/schema.ts";
import { endpoint } from "../../../schema/endpoint.ts";

export interface PrometheusConfig extends TranslationConfig, PostServerConfig {
  readonly const_labels: Readonly<Record<string, string>>;
  readonly send_timestamps: boolean;
  readonly metric_expiration: number;
  readonly enable_open_metrics: boolean;
  readonly without_scope_info: boolean;
  readonly sending_queue: unknown;
}

export const schema: Schema<PrometheusConfig> = section<PrometheusConfig>(
  {
    ...postServerFields("localhost:8889"),
    endpoint: field(endpoint, "localhost:8889", "Where `/metrics` is served, `host:port`."),
    ...translationFields,
    const_labels: field(map(string), undefined, "Labels that every sample gets."),
    send_timestamps: field(boolean, false, "Whether samples carry the time of their data point."),
    metric_expiration: field(duration, "5m", "Series that got nothing for so long are shown no more."),
    enable_open_metrics: field(
      boolean,
      false,
      "Whether OpenMetrics, with exemplars, is given to those who ask for it.",
    ),
    without_scope_info: field(boolean, false, "Whether the labels `otel_scope_*` are left out."),
    sending_queue: field(anything, undefined, "Accepted; what comes is kept at once, so that nothing waits."),
  },
  checkTranslation,
);
