/** What Prometheus's `scrape_configs` say. */
import type { Place } from "../../../schema/place.ts";
import {
  boolean,
  field,
  integer,
  list,
  map,
  number,
  oneOf,
  optional,
  section,
  string,
  type Field,
  type Fields,
  type Schema,
} from "../../../schema/schema.ts";
import {
  checkAddresses,
  type DiscoveryConfig,
  discoveryFields,
  withKnownDiscovery,
} from "../../../discovery/discovery-config.ts";
import { scalar } from "../../../discovery/target-group.ts";
import { checkHttpClient, httpClientFields, type HttpClientConfig } from "../../../http-client/http-client-config.ts";
import { relabelConfig, type RelabelConfig } from "../../../relabel/relabel-config.ts";
import { byteSize, prometheusDuration } from "../../../prometheus/values.ts";

export const SCRAPE_PROTOCOLS = [
  "PrometheusProto",
  "OpenMetricsText1.0.0",
  "OpenMetricsText0.0.1",
  "PrometheusText1.0.0",
  "PrometheusText0.0.4",
] as const;
export type ScrapeProtocol = (typeof SCRAPE_PROTOCOLS)[number];

/** What `global` says where a scrape config does not. */
export interface ScrapeDefaults {
  readonly scrape_interval: number | undefined;
  readonly scrape_timeout: number | undefined;
  readonly scrape_protocols: readonly ScrapeProtocol[] | undefined;
  readonly scrape_native_histograms: boolean | undefined;
  readonly always_scrape_classic_histograms: boolean | undefined;
  readonly convert_classic_histograms_to_nhcb: boolean | undefined;
  readonly extra_scrape_metrics: boolean | undefined;
  readonly body_size_limit: number | undefined;
  readonly sample_limit: number | undefined;
  readonly target_limit: number | undefined;
  readonly label_limit: number | undefined;
  readonly label_name_length_limit: number | undefined;
  readonly label_value_length_limit: number | undefined;
  readonly keep_dropped_targets: number | undefined;
  readonly metric_name_validation_scheme: string | undefined;
  readonly metric_name_escaping_scheme: string | undefined;
  readonly scrape_failure_log_file: string | undefined;
}

export interface ScrapeConfig extends HttpClientConfig, ScrapeDefaults, DiscoveryConfig {
  readonly job_name: string;
  readonly honor_labels: boolean;
  readonly honor_timestamps: boolean;
  readonly track_timestamps_staleness: boolean;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly fallback_scrape_protocol: ScrapeProtocol | undefined;
  readonly scrape_classic_histograms: boolean | undefined;
  readonly metrics_path: string;
  readonly scheme: "http" | "https";
  readonly enable_compression: boolean;
  readonly native_histogram_bucket_limit: number;
  readonly native_histogram_min_bucket_factor: number;
  readonly relabel_configs: readonly RelabelConfig[];
  readonly metric_relabel_configs: readonly RelabelConfig[];
}

const unset = <T>(schema: Schema<T>, doc: string): Field<T | undefined> => field(optional(schema), undefined, doc);

/** Settings of `global` and of scrape configs alike. */
export const defaultFields: Fields<ScrapeDefaults> = {
  scrape_interval: unset(prometheusDuration, "How often targets are scraped; 1m."),
  scrape_timeout: unset(prometheusDuration, "How long a scrape may take; 10s."),
  scrape_protocols: unset(list(oneOf(...SCRAPE_PROTOCOLS)), "What targets are asked for, best first."),
  scrape_native_histograms: unset(boolean, "Whether native histograms are taken."),
  always_scrape_classic_histograms: unset(boolean, "Whether classic buckets are taken beside them."),
  convert_classic_histograms_to_nhcb: unset(boolean, "Accepted: classic histograms keep their bounds in OTLP anyway."),
  extra_scrape_metrics: unset(boolean, "Whether timeout, sample limit and body size are reported too."),
  body_size_limit: unset(byteSize, "A larger page fails the scrape; 0 is no limit."),
  sample_limit: unset(integer(), "More samples fail the scrape; 0 is no limit."),
  target_limit: unset(integer(), "More targets fail the job; 0 is no limit."),
  label_limit: unset(integer(), "More labels on a sample fail the scrape; 0 is no limit."),
  label_name_length_limit: unset(integer(), "The same for the length of a label's name."),
  label_value_length_limit: unset(integer(), "The same for the length of a label's value."),
  keep_dropped_targets: unset(integer(), "Accepted; dropped targets are not kept."),
  metric_name_validation_scheme: unset(oneOf("utf8", "legacy"), "Accepted; any UTF-8 is taken."),
  metric_name_escaping_scheme: unset(
    oneOf("allow-utf-8", "underscores", "dots", "values"),
    "How targets are asked to escape names.",
  ),
  scrape_failure_log_file: unset(string, "Accepted; failures are logged by the collector."),
};

const fields: Fields<ScrapeConfig> = {
  job_name: field(string, "", "The job, which becomes `service.name`."),
  ...defaultFields,
  honor_labels: field(boolean, false, "Whether a sample's labels win over the target's."),
  honor_timestamps: field(boolean, true, "Whether the page's timestamps are taken."),
  track_timestamps_staleness: field(boolean, false, "Whether series with timestamps are marked when they disappear."),
  params: field(map(list(scalar)), undefined, "Parameters of the URL."),
  fallback_scrape_protocol: unset(
    oneOf(...SCRAPE_PROTOCOLS),
    "What a page without a known type is read as; PrometheusText0.0.4.",
  ),
  scrape_classic_histograms: unset(boolean, "The older name of `always_scrape_classic_histograms`."),
  metrics_path: field(string, "/metrics", "The path."),
  scheme: field(oneOf("http", "https"), "http", "The scheme."),
  enable_compression: field(boolean, true, "Whether targets are asked for gzip."),
  native_histogram_bucket_limit: field(integer(), 0, "Accepted; buckets are not merged."),
  native_histogram_min_bucket_factor: field(number(), 0, "Accepted; buckets are not merged."),
  ...httpClientFields,
  relabel_configs: field(list(relabelConfig), undefined, "Rules for targets."),
  metric_relabel_configs: field(list(relabelConfig), undefined, "Rules for samples."),
  ...discoveryFields,
};

export const scrapeConfig: Schema<ScrapeConfig> = withKnownDiscovery(section<ScrapeConfig>(fields, check));

function check(config: ScrapeConfig, place: Place): void {
  if (config.job_name === "") place.problem("job_name is empty", "name the job");
  if (config.scrape_protocols?.length === 0) place.problem("scrape_protocols cannot be empty");
  if (config.scrape_protocols !== undefined && new Set(config.scrape_protocols).size < config.scrape_protocols.length) {
    place.problem(`duplicated protocol in scrape_protocols, got [${config.scrape_protocols.join(" ")}]`);
  }
  checkHttpClient(config, place);
  if (config.relabel_configs.length === 0) checkAddresses(config, place);
}
