import type { Place } from "../../../schema/place.ts";
import { plainOf } from "../../../schema/expanded.ts";
import { nearest } from "../../../schema/nearest.ts";
import {
  anything,
  boolean,
  duration,
  field,
  optional,
  recordOf,
  section,
  string,
  type Field,
  type Schema,
} from "../../../schema/schema.ts";
import type { Host, Scrape, ScraperType } from "./metric.ts";
import { cpuScraper } from "./scrapers/cpu.ts";
import { diskScraper } from "./scrapers/disk.ts";
import { filesystemScraper } from "./scrapers/filesystem.ts";
import { loadScraper } from "./scrapers/load.ts";
import { memoryScraper } from "./scrapers/memory.ts";
import { networkScraper } from "./scrapers/network.ts";
import { pagingScraper } from "./scrapers/paging.ts";
import { processScraper } from "./scrapers/process.ts";
import { processesScraper } from "./scrapers/processes.ts";
import { systemScraper } from "./scrapers/system.ts";

/** A scraper whose settings were read. */
export interface ConfiguredScraper {
  readonly type: ScraperType<never>;
  /** The metrics that it reports. */
  readonly enabled: ReadonlySet<string>;
  /** The attributes that its resources get. */
  readonly enabledAttributes: ReadonlySet<string>;
  create(host: Host): Scrape;
}

export interface HostMetricsConfig {
  readonly collection_interval: number;
  readonly initial_delay: number;
  readonly timeout: number;
  readonly root_path: string;
  readonly metadata_collection_interval: number;
  readonly scrapers: readonly ConfiguredScraper[];
}

const SCRAPERS: readonly ScraperReader[] = [
  scraper(cpuScraper),
  scraper(diskScraper),
  scraper(filesystemScraper),
  scraper(loadScraper),
  scraper(memoryScraper),
  scraper(networkScraper),
  scraper(pagingScraper),
  scraper(processScraper),
  scraper(processesScraper),
  scraper(systemScraper),
];

interface ScraperReader {
  readonly name: string;
  readonly fields: Readonly<Record<string, Field<unknown>>>;
  read(raw: unknown, place: Place): ConfiguredScraper;
}

/** Joins a scraper's own settings with `metrics` and `resource_attributes`, which all have. */
function scraper<Config extends object>(type: ScraperType<Config>): ScraperReader {
  const attributes = type.resourceAttributes ?? {};
  const enabledByDefault = Object.fromEntries(Object.entries(type.metrics).map(([name, one]) => [name, one.isEnabled]));
  return {
    name: type.name,
    fields: type.schema.fields ?? {},
    read(raw, place) {
      const { metrics, resource_attributes, ...own } = recordOf(raw, place);
      const config = type.schema.read(own, place);
      return {
        type: type as unknown as ScraperType<never>,
        enabled: enabledOf(metrics, enabledByDefault, place.at("metrics")),
        enabledAttributes: enabledOf(resource_attributes, attributes, place.at("resource_attributes")),
        create: (host) => type.create(config, host),
      };
    },
  };
}

const enabling = section({
  enabled: field(optional(boolean), undefined, "Whether it is reported."),
  attributes: field(anything, undefined, "Accepted; all attributes are reported."),
  aggregation_strategy: field(anything, undefined, "Accepted."),
  metrics_include: field(anything, undefined, "Accepted."),
  metrics_exclude: field(anything, undefined, "Accepted."),
});

/** The names of `defaults` that are on after `raw` was laid over them. */
function enabledOf(raw: unknown, defaults: Readonly<Record<string, boolean>>, place: Place): ReadonlySet<string> {
  const enabled = { ...defaults };
  for (const [name, value] of Object.entries(recordOf(raw, place))) {
    if (!Object.hasOwn(defaults, name)) {
      const near = nearest(name, Object.keys(defaults));
      place.problem(
        `'${place.name}' has invalid keys: ${name}`,
        near === undefined ? undefined : `did you mean "${near}"?`,
      );
      continue;
    }
    enabled[name] = enabling.read(value, place.at(name)).enabled ?? defaults[name]!;
  }
  return new Set(Object.keys(enabled).filter((name) => enabled[name]));
}

const scrapers: Schema<readonly ConfiguredScraper[]> = {
  type: "section",
  fields: Object.fromEntries(
    SCRAPERS.map(({ name, fields }) => [
      name,
      field<unknown>(
        { type: "section", fields, read: plainOf },
        undefined,
        `The ${name} scraper; off unless it is named.`,
      ),
    ]),
  ),
  read(raw, place) {
    return Object.entries(recordOf(raw, place)).flatMap(([name, settings]) => {
      const found = SCRAPERS.find((one) => one.name === name);
      if (found !== undefined) return [found.read(settings, place.at(name))];
      place.at(name).problem(`invalid scraper key: ${name}`, `known: ${SCRAPERS.map((one) => one.name).join(", ")}`);
      return [];
    });
  },
};

export const schema: Schema<HostMetricsConfig> = section<HostMetricsConfig>(
  {
    collection_interval: field(duration, "1m", "How often the host is looked at."),
    initial_delay: field(duration, "1s", "When it is looked at first."),
    timeout: field(duration, "0s", "Accepted; what the host tells is read at once."),
    root_path: field(string, "", "Where the host's root is mounted, in a container."),
    metadata_collection_interval: field(duration, "5m", "Accepted; there are no entity events."),
    scrapers: field(scrapers, undefined, "What is looked at."),
  },
  (config, place) => {
    if (config.scrapers.length === 0) {
      place.problem(
        "must specify at least one scraper when using host_metrics receiver",
        'write "scrapers: { cpu: , memory: }"',
      );
    }
    if (config.collection_interval <= 0) place.problem('"collection_interval": requires positive value');
  },
);
