import { isDeepStrictEqual } from "node:util";
import { ClewError } from "@clew/base";
import type { Component, Settings } from "../../../component.ts";
import type { Consumer, Consumers } from "../../../consumer.ts";
import { Place } from "../../../schema/place.ts";
import { prometheusConfig, scrapeConfigsOf, type PrometheusReceiverConfig } from "./config.ts";
import type { ScrapeConfig } from "./scrape-config.ts";
import { ScrapePool } from "./scrape-pool.ts";
import type { ScrapedTargets } from "./scraped-targets.ts";

interface RunningPool {
  readonly pool: ScrapePool;
  readonly config: ScrapeConfig;
  readonly hide: () => void;
}

/** Scrapes targets as Prometheus does, and hands each scrape on as one payload. */
export class PrometheusReceiver implements Component {
  readonly #settings: Settings;
  readonly #next: Consumers;
  readonly #targets: ScrapedTargets;
  #config: PrometheusReceiverConfig;
  // By the job's name
  #pools: ReadonlyMap<string, RunningPool> = new Map();
  #stopReloading: () => void = () => {};
  // Pools that another configuration has no use for.
  readonly #leaving = new Set<ScrapePool>();

  constructor(settings: Settings, config: PrometheusReceiverConfig, next: Consumers, targets: ScrapedTargets) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#targets = targets;
  }

  /** Rejects with `CONFIG_INVALID` for what files say. */
  async start(): Promise<void> {
    const { metrics } = this.#next;
    if (metrics === undefined) return;
    this.#run(scrapeConfigs(this.#config, this.#place()), metrics);
    this.#stopReloading = this.#targets.addReceiver((config) => this.#reload(config, metrics));
  }

  async shutdown(): Promise<void> {
    this.#stopReloading();
    const pools = [...this.#pools.values()];
    this.#pools = new Map();
    for (const { hide } of pools) hide();
    await Promise.all([
      ...pools.map(({ pool }) => pool.stop(this.#config.scrape_on_shutdown)),
      ...[...this.#leaving].map((pool) => pool.stop(false)),
    ]);
  }

  /** Takes another `config` while it runs. What it says as before goes on as it is. */
  async #reload(raw: unknown, next: Consumer): Promise<void> {
    const place = this.#place();
    const config = { ...this.#config, config: prometheusConfig.read(raw, place) };
    const configs = scrapeConfigs(config, place);
    const before = this.#pools;
    const { external_labels: labels } = this.#config.config.global;
    const isKept = isDeepStrictEqual(labels, config.config.global.external_labels);
    this.#config = config;
    this.#run(configs, next, isKept ? before : new Map());
    for (const [name, one] of before) {
      const after = this.#pools.get(name);
      if (after === one) continue;
      one.hide();
      this.#leaving.add(one.pool);
      void one.pool
        .giveWay(after?.pool)
        .catch(this.#settings.report)
        .finally(() => this.#leaving.delete(one.pool));
    }
  }

  /** `running` are pools that go on where they are wanted as they are. */
  #run(configs: readonly ScrapeConfig[], next: Consumer, running: ReadonlyMap<string, RunningPool> = new Map()): void {
    const pools = configs.map((config): readonly [string, RunningPool] => {
      const { job_name: name } = config;
      const old = running.get(name);
      if (old !== undefined && isDeepStrictEqual(old.config, config)) return [name, old];
      const pool = this.#newPool(config, next);
      pool.start();
      return [name, { pool, config, hide: this.#targets.add(() => pool.state()) }];
    });
    this.#pools = new Map(pools);
  }

  #newPool(config: ScrapeConfig, next: Consumer): ScrapePool {
    return new ScrapePool({
      settings: this.#settings,
      config,
      externalLabels: new Map(Object.entries(this.#config.config.global.external_labels)),
      trimSuffixes: this.#config.trim_metric_suffixes,
      initialOffsetMs: this.#config.initial_scrape_offset,
      next,
    });
  }

  #place(): Place {
    return new Place(`${this.#settings.path}::config`, []);
  }
}

/** Throws `CONFIG_INVALID`. */
function scrapeConfigs(config: PrometheusReceiverConfig, place: Place): ScrapeConfig[] {
  const configs = place.problems.length === 0 ? scrapeConfigsOf(config, place) : [];
  const [problem] = place.problems;
  if (problem === undefined) return configs;
  const { path, what, remedy } = problem;
  throw new ClewError("CONFIG_INVALID", what, { path, remedy });
}
