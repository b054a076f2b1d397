/** What Prometheus's `scrape_configs` say. */
import { plainOf } from "../../../schema/expanded.ts";
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
  recordOf,
  section,
  string,
  type Field,
  type Fields,
  type Schema,
} from "../../../schema/schema.ts";
import { consulSd, type ConsulSdConfig } from "./discovery/consul/consul-sd.ts";
import { dockerSd, type DockerSdConfig } from "./discovery/docker/docker-sd.ts";
import { kubernetesSd, type KubernetesSdConfig } from "./discovery/kubernetes/kubernetes-sd.ts";
import { checkHttpClient, httpClientFields, type HttpClientConfig } from "./http-client-config.ts";
import { relabelConfig, type RelabelConfig } from "./relabel-config.ts";
import { byteSize, prometheusDuration } from "./values.ts";

export const SCRAPE_PROTOCOLS = [
  "PrometheusProto",
  "OpenMetricsText1.0.0",
  "OpenMetricsText0.0.1",
  "PrometheusText1.0.0",
  "PrometheusText0.0.4",
] as const;
export type ScrapeProtocol = (typeof SCRAPE_PROTOCOLS)[number];

/** Addresses with the labels that they share. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface FileSdConfig {
  readonly files: readonly string[];
  readonly refresh_interval: number;
}

export interface HttpSdConfig extends HttpClientConfig {
  readonly url: string;
  readonly refresh_interval: number;
}

export interface DnsSdConfig {
  readonly names: readonly string[];
  readonly type: "A" | "AAAA" | "SRV" | "MX" | "NS";
  readonly port: number;
  readonly refresh_interval: number;
}

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

export interface ScrapeConfig extends HttpClientConfig, ScrapeDefaults {
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
  readonly static_configs: readonly TargetGroup[];
  readonly file_sd_configs: readonly FileSdConfig[];
  readonly http_sd_configs: readonly HttpSdConfig[];
  readonly dns_sd_configs: readonly DnsSdConfig[];
  readonly kubernetes_sd_configs: readonly KubernetesSdConfig[];
  readonly docker_sd_configs: readonly DockerSdConfig[];
  readonly consul_sd_configs: readonly ConsulSdConfig[];
}

/** Discovery that Prometheus has and we do not. Named, so that the error can say so. */
const OTHER_DISCOVERY = [
  "azure", "digitalocean", "dockerswarm", "ec2", "eureka", "gce", "hetzner", "ionos",
  "kuma", "lightsail", "linode", "marathon", "nerve", "nomad", "openstack", "ovhcloud", "puppetdb", "scaleway",
  "serverset", "stackit", "triton", "uyuni", "vultr",
].map((name) => `${name}_sd_configs`); // prettier-ignore

const scalar: Schema<string> = {
  type: "string",
  read(raw, place) {
    const value = plainOf(raw);
    return typeof value === "number" || typeof value === "boolean" ? String(value) : string.read(raw, place);
  },
};

export const targetGroup: Schema<TargetGroup> = section<TargetGroup>({
  targets: field(list(string), undefined, "Addresses, `host:port`."),
  labels: field(map(scalar), undefined, "Labels of all of them."),
});

const fileSd: Schema<FileSdConfig> = section<FileSdConfig>(
  {
    files: field(list(string), undefined, "JSON or YAML files with target groups; `*` in the name is a pattern."),
    refresh_interval: field(prometheusDuration, "5m", "How often they are read again."),
  },
  ({ files }, place) => {
    if (files.length === 0) place.problem("file service discovery config must contain at least one path name");
    for (const file of files) {
      if (!/^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/.test(file)) {
        place.problem(`path name ${JSON.stringify(file)} is not valid for file discovery`);
      }
    }
  },
);

const httpSd: Schema<HttpSdConfig> = section<HttpSdConfig>(
  {
    url: field(string, "", "Answers with target groups as JSON."),
    refresh_interval: field(prometheusDuration, "1m", "How often it is asked."),
    ...httpClientFields,
  },
  (config, place) => {
    if (config.url === "") place.problem("URL is missing");
    else if (!/^https?:\/\//.test(config.url)) place.problem("URL scheme must be 'http' or 'https'");
    checkHttpClient(config, place);
  },
);

const dnsSd: Schema<DnsSdConfig> = section<DnsSdConfig>(
  {
    names: field(list(string), undefined, "Names that are looked up."),
    type: field(oneOf("SRV", "A", "AAAA", "MX", "NS"), "SRV", "What is looked up."),
    port: field(integer(0, 65_535), 0, "The port, where the answer has none."),
    refresh_interval: field(prometheusDuration, "30s", "How often they are looked up."),
  },
  ({ names, type, port }, place) => {
    if (names.length === 0) place.problem("DNS-SD config must contain at least one SRV record name");
    if (type !== "SRV" && port === 0)
      place.problem(`a port is required in DNS-SD configs for all record types except SRV`);
  },
);

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
  static_configs: field(list(targetGroup), undefined, "Targets, by address."),
  file_sd_configs: field(list(fileSd), undefined, "Targets from files."),
  http_sd_configs: field(list(httpSd), undefined, "Targets from URLs."),
  dns_sd_configs: field(list(dnsSd), undefined, "Targets from DNS."),
  kubernetes_sd_configs: field(list(kubernetesSd), undefined, "What a Kubernetes cluster runs."),
  docker_sd_configs: field(list(dockerSd), undefined, "Containers of a Docker Engine."),
  consul_sd_configs: field(list(consulSd), undefined, "Instances of services that Consul knows."),
};

const known: Schema<ScrapeConfig> = section<ScrapeConfig>(fields, check);

export const scrapeConfig: Schema<ScrapeConfig> = {
  ...known,
  read(raw, place) {
    const given = { ...recordOf(raw, place) };
    for (const name of OTHER_DISCOVERY.filter((one) => one in given)) {
      place.at(name).problem("this service discovery is not supported", "use file_sd_configs or http_sd_configs");
      delete given[name];
    }
    return known.read(given, place);
  },
};

function check(config: ScrapeConfig, place: Place): void {
  if (config.job_name === "") place.problem("job_name is empty", "name the job");
  if (config.scrape_protocols?.length === 0) place.problem("scrape_protocols cannot be empty");
  if (config.scrape_protocols !== undefined && new Set(config.scrape_protocols).size < config.scrape_protocols.length) {
    place.problem(`duplicated protocol in scrape_protocols, got [${config.scrape_protocols.join(" ")}]`);
  }
  checkHttpClient(config, place);
  if (config.relabel_configs.length > 0) return;
  for (const target of config.static_configs.flatMap(({ targets }) => targets)) {
    if (target.includes("/")) place.problem(`${JSON.stringify(target)} is not a valid hostname`, "write host:port");
  }
}
