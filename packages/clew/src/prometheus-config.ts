import { type PrometheusConfig, readPrometheusConfig } from "@clew/server";
import type { UpOptions } from "./options.ts";
import { readText } from "./read-text.ts";
import type { UpSettings } from "./up.ts";

/** What `--prometheus-config` says, undefined where it is not given. What has no effect is told. Rejects with `FILE_UNREADABLE` and `PROMETHEUS_CONFIG_INVALID`. */
export async function prometheusConfigOf({ options, env, logger }: UpSettings): Promise<PrometheusConfig | undefined> {
  const file = options.prometheusConfig;
  if (file === undefined) return undefined;
  const config = readPrometheusConfig(file, await readText(file, "a configuration of Prometheus"), env);
  for (const setting of config.unread) logger.warn(`${file}: ${setting} has no effect here`);
  if (config.scrape !== undefined && (options.config !== undefined || options.role === "query"))
    logger.warn(`${file}: what it scrapes has no effect here: ${whyNotScraped(options)}`);
  if (config.rules.files.length > 0 && options.role !== "all")
    logger.warn(`${file}: rule_files has no effect here: rules are evaluated where everything runs`);
  return withScrapeDefaults(config, options.features.scrapeDefaults);
}

/** What features switch on where the file leaves it out. */
function withScrapeDefaults(config: PrometheusConfig, defaults: Readonly<Record<string, unknown>>): PrometheusConfig {
  const { scrape } = config;
  if (scrape === undefined) return config;
  const global = { ...defaults, ...(scrape["global"] as Readonly<Record<string, unknown>>) };
  return { ...config, scrape: { ...scrape, global } };
}

function whyNotScraped({ config }: UpOptions): string {
  return config === undefined ? "a node for queries takes nothing in" : `${config} says what comes in`;
}
