import { ClewError } from "@clew/base";
import type { Component, Settings } from "../../../component.ts";
import type { Consumers } from "../../../consumer.ts";
import { Place } from "../../../schema/place.ts";
import { scrapeConfigsOf, type PrometheusReceiverConfig } from "./config.ts";
import { ScrapePool } from "./scrape-pool.ts";
import type { ScrapedTargets } from "./scraped-targets.ts";

/** Scrapes targets as Prometheus does, and hands each scrape on as one payload. */
export class PrometheusReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: PrometheusReceiverConfig;
  readonly #next: Consumers;
  readonly #targets: ScrapedTargets;
  #pools: ScrapePool[] = [];
  #hidePools: (() => void)[] = [];

  constructor(settings: Settings, config: PrometheusReceiverConfig, next: Consumers, targets: ScrapedTargets) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#targets = targets;
  }

  start(): Promise<void> {
    const { metrics } = this.#next;
    if (metrics === undefined) return Promise.resolve();
    this.#pools = this.#scrapeConfigs().map(
      (config) =>
        new ScrapePool({
          settings: this.#settings,
          config,
          externalLabels: new Map(Object.entries(this.#config.config.global.external_labels)),
          trimSuffixes: this.#config.trim_metric_suffixes,
          initialOffsetMs: this.#config.initial_scrape_offset,
          next: metrics,
        }),
    );
    for (const pool of this.#pools) pool.start();
    this.#hidePools = this.#pools.map((pool) => this.#targets.add(() => pool.state()));
    return Promise.resolve();
  }

  async shutdown(): Promise<void> {
    const pools = this.#pools;
    this.#pools = [];
    for (const hide of this.#hidePools.splice(0)) hide();
    await Promise.all(pools.map((pool) => pool.stop(this.#config.scrape_on_shutdown)));
  }

  /** Throws `CONFIG_INVALID` for what files say. */
  #scrapeConfigs(): ReturnType<typeof scrapeConfigsOf> {
    const place = new Place(`${this.#settings.path}::config`, []);
    const configs = scrapeConfigsOf(this.#config, place);
    const [problem] = place.problems;
    if (problem === undefined) return configs;
    const { path, what, remedy } = problem;
    throw new ClewError("CONFIG_INVALID", what, { path, remedy });
  }
}
