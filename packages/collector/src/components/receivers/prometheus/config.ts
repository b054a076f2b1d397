import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "@clew/base";
import { parse } from "yaml";
import { filesOf } from "../../../discovery/files-of.ts";
import type { Place } from "../../../schema/place.ts";
import {
  anything,
  boolean,
  duration,
  field,
  list,
  map,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";
import { defaultFields, scrapeConfig, type ScrapeConfig, type ScrapeDefaults } from "./scrape-config.ts";
import { withPathsFrom } from "./paths.ts";
import { prometheusDuration } from "../../../prometheus/values.ts";

interface GlobalConfig extends ScrapeDefaults {
  readonly external_labels: Readonly<Record<string, string>>;
  readonly evaluation_interval: number | undefined;
  readonly rule_query_offset: number | undefined;
  readonly query_log_file: string | undefined;
}

interface PrometheusConfig {
  readonly global: GlobalConfig;
  readonly scrape_configs: readonly ScrapeConfig[];
  readonly scrape_config_files: readonly string[];
  readonly remote_write: unknown;
  readonly remote_read: unknown;
  readonly rule_files: unknown;
  readonly alerting: unknown;
  readonly storage: unknown;
  readonly tracing: unknown;
  readonly otlp: unknown;
  readonly runtime: unknown;
}

export interface PrometheusReceiverConfig {
  readonly config: PrometheusConfig;
  readonly trim_metric_suffixes: boolean;
  readonly scrape_on_shutdown: boolean;
  readonly discovery_reload_on_startup: boolean;
  readonly initial_scrape_offset: number;
  readonly target_allocator: unknown;
  readonly api_server: {
    readonly enabled: boolean;
    readonly max_connections: unknown;
    readonly server_config: unknown;
  };
}

const globalConfig: Schema<GlobalConfig> = section<GlobalConfig>({
  ...defaultFields,
  external_labels: field(map(string), undefined, "Labels that every sample gets."),
  evaluation_interval: field(optional(prometheusDuration), undefined, "Accepted; there are no rules."),
  rule_query_offset: field(optional(prometheusDuration), undefined, "Accepted; there are no rules."),
  query_log_file: field(optional(string), undefined, "Accepted; there are no queries."),
});

export const prometheusConfig: Schema<PrometheusConfig> = section<PrometheusConfig>(
  {
    global: field(globalConfig, undefined, "What holds for every scrape config that does not say otherwise."),
    scrape_configs: field(list(scrapeConfig), undefined, "What is scraped, and how."),
    scrape_config_files: field(
      list(string),
      undefined,
      "Files with more `scrape_configs`; `*` in the name is a pattern.",
    ),
    remote_write: field(anything, undefined, "Refused."),
    remote_read: field(anything, undefined, "Refused."),
    rule_files: field(anything, undefined, "Refused."),
    alerting: field(anything, undefined, "Refused where it says anything."),
    storage: field(anything, undefined, "Accepted; nothing is stored here."),
    tracing: field(anything, undefined, "Accepted; scrapes are not traced."),
    otlp: field(anything, undefined, "Accepted; no OTLP comes in here."),
    runtime: field(anything, undefined, "Accepted; Go's."),
  },
  checkPrometheus,
);

export const schema: Schema<PrometheusReceiverConfig> = section<PrometheusReceiverConfig>(
  {
    config: field(prometheusConfig, undefined, "Prometheus's configuration."),
    trim_metric_suffixes: field(boolean, false, "Whether metrics lose the suffixes of their unit and type."),
    scrape_on_shutdown: field(boolean, false, "Whether every target is scraped once more before the receiver ends."),
    discovery_reload_on_startup: field(boolean, false, "Accepted; targets are always found at once."),
    initial_scrape_offset: field(
      duration,
      "0s",
      "How long the first scrapes wait, beside their share of the interval.",
    ),
    target_allocator: field(optional(anything), undefined, "Not supported."),
    api_server: field(
      section({
        enabled: field(boolean, false, "Not supported."),
        max_connections: field(anything, undefined, "Accepted."),
        server_config: field(anything, undefined, "Accepted."),
      }),
      undefined,
      "Prometheus's API for looking into the receiver.",
    ),
  },
  ({ config, target_allocator, api_server }, place) => {
    if (target_allocator !== undefined) place.at("target_allocator").problem("not supported", "use http_sd_configs");
    if (api_server.enabled) place.at("api_server").problem("not supported", "see the collector's own metrics");
    if (config.scrape_configs.length === 0 && config.scrape_config_files.length === 0) {
      place.problem("no Prometheus scrape_configs or target_allocator set", "write config::scrape_configs");
    }
  },
);

const REFUSED = ["remote_write", "remote_read", "rule_files"] as const;

function checkPrometheus(config: PrometheusConfig, place: Place): void {
  const alerting = (config.alerting ?? {}) as {
    readonly alert_relabel_configs?: unknown;
    readonly alertmanagers?: unknown;
  };
  const unsupported = [
    ...(isFilled(alerting.alertmanagers) ? ["alert_config.alertmanagers"] : []),
    ...(isFilled(alerting.alert_relabel_configs) ? ["alert_config.relabel_configs"] : []),
    ...REFUSED.filter((key) => isFilled(config[key])),
  ].sort();
  if (unsupported.length > 0) place.problem(`unsupported features:\n\t${unsupported.join("\n\t")}`, "remove them");
  const jobs = new Set<string>();
  config.scrape_configs.forEach((one, i) => checkJob(one, config.global, jobs, place.at("scrape_configs").at(i)));
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function checkJob(config: ScrapeConfig, global: GlobalConfig, jobs: Set<string>, place: Place): void {
  const { job_name } = config;
  const name = JSON.stringify(job_name);
  if (jobs.has(job_name)) place.problem(`found multiple scrape configs with job name ${name}`, "name it differently");
  jobs.add(job_name);
  const { intervalMs, timeoutMs } = scrapeTimes(config, global);
  if (timeoutMs > intervalMs) {
    place.problem(
      `scrape timeout greater than scrape interval for scrape config with job name ${name}`,
      "make it shorter",
    );
  }
}

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** How often, and for how long, targets of a scrape config are scraped. */
export function scrapeTimes(config: ScrapeDefaults, global: ScrapeDefaults): { intervalMs: number; timeoutMs: number } {
  const intervalMs = config.scrape_interval || global.scrape_interval || DEFAULT_INTERVAL_MS;
  const timeoutMs = config.scrape_timeout || Math.min(global.scrape_timeout || DEFAULT_TIMEOUT_MS, intervalMs);
  return { intervalMs, timeoutMs };
}

/** All scrape configs, those of files included, each with what `global` says. */
export function scrapeConfigsOf({ config }: PrometheusReceiverConfig, place: Place): ScrapeConfig[] {
  const { global, scrape_configs, scrape_config_files } = config;
  const fromFiles = scrape_config_files.flatMap((pattern) => filesOf(pattern).flatMap((file) => readFile(file, place)));
  const jobs = new Set(scrape_configs.map(({ job_name }) => job_name));
  for (const one of fromFiles) checkJob(one, global, jobs, place.at("scrape_config_files"));
  return [...scrape_configs, ...fromFiles].map((one) => withDefaults(one, global));
}

function withDefaults(config: ScrapeConfig, global: GlobalConfig): ScrapeConfig {
  const defaults = Object.keys(defaultFields) as (keyof ScrapeDefaults)[];
  const merged = Object.fromEntries(defaults.map((key) => [key, config[key] ?? global[key]]));
  const { intervalMs, timeoutMs } = scrapeTimes(config, global);
  return { ...config, ...merged, scrape_interval: intervalMs, scrape_timeout: timeoutMs };
}

const scrapeConfigFile = section({
  scrape_configs: field(list(scrapeConfig), undefined, "What is scraped."),
});

function readFile(file: string, place: Place): readonly ScrapeConfig[] {
  const at = place.at("scrape_config_files").at(file);
  try {
    const content: unknown = parse(readFileSync(file, "utf8"));
    return scrapeConfigFile.read(withPathsFrom(dirname(file), content), at).scrape_configs;
  } catch (error) {
    at.problem(messageOf(error), "name a YAML file that we may read");
    return [];
  }
}
