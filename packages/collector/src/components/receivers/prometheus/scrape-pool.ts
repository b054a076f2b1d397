/** The targets of one scrape config: keeps a loop for each that discovery knows. */
import { messageOf, sleep } from "@clew/base";
import type { Settings } from "../../../component.ts";
import type { Consumer } from "../../../consumer.ts";
import { sourcesOf } from "../../../discovery/sources.ts";
import type { DiscoverySource } from "../../../discovery/discovery.ts";
import { HttpClient } from "../../../http-client/http-client.ts";
import type { Labels } from "../../../relabel/labels.ts";
import type { ScrapeConfig } from "./scrape-config.ts";
import { ScrapeLoop } from "./scrape-loop.ts";
import { relabel } from "../../../relabel/relabel.ts";
import type { RelabelConfig } from "../../../relabel/relabel-config.ts";
import { type RelabelStep, ruleFields, type ScrapePoolState } from "./scraped-targets.ts";
import { targetOf, withDefaults, type Target } from "./target.ts";

/** Another configuration of a job may take so long to find its targets, before those of the old one count as gone. */
const FIRST_TARGETS_MS = 10_000;

export interface ScrapePoolSettings {
  readonly settings: Settings;
  readonly config: ScrapeConfig;
  readonly externalLabels: Labels;
  readonly trimSuffixes: boolean;
  readonly initialOffsetMs: number;
  readonly next: Consumer;
}

export class ScrapePool {
  readonly #pool: ScrapePoolSettings;
  readonly #client: HttpClient;
  readonly #sources: readonly DiscoverySource[];
  // What each source found last.
  readonly #found = new Map<DiscoverySource, readonly Labels[]>();
  // key of the target --> its loop
  readonly #loops = new Map<string, ScrapeLoop>();
  readonly #leaving = new Set<ScrapeLoop>();
  #dropped: readonly Labels[] = [];
  #foundFirst: () => void = () => {};
  /** Settles when targets were found for the first time. */
  readonly #isFound = new Promise<void>((resolve) => (this.#foundFirst = resolve));

  constructor(pool: ScrapePoolSettings) {
    this.#pool = pool;
    this.#client = new HttpClient(pool.config, pool.settings.clock);
    this.#sources = sourcesOf(pool.config, pool.settings);
  }

  state(): ScrapePoolState {
    const { config } = this.#pool;
    return {
      name: config.job_name,
      config: shownConfig(config),
      active: [...this.#loops.values()].map((loop) => loop.state()),
      dropped: this.#dropped,
      relabelSteps: (labels) => relabelSteps(labels, config.relabel_configs),
    };
  }

  start(): void {
    for (const source of this.#sources) {
      source.start((targets) => {
        this.#found.set(source, targets);
        this.#sync();
      });
    }
  }

  /** `scrapeOnce` scrapes every target once more before. */
  async stop(scrapeOnce: boolean): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop()));
    const loops = [...this.#loops.values()];
    if (scrapeOnce) await Promise.all(loops.map((loop) => loop.scrape()));
    await Promise.all([...loops, ...this.#leaving].map((loop) => loop.stop()));
    this.#loops.clear();
    await this.#client.close();
  }

  /** Stops because another configuration has `next` in its place, or nothing. Resolves once the series of targets that `next` does not have are marked as ended. */
  async giveWay(next: ScrapePool | undefined): Promise<void> {
    const loops = [...this.#loops];
    this.#loops.clear();
    for (const [, loop] of loops) this.#leaving.add(loop);
    await Promise.all(this.#sources.map((source) => source.stop()));
    if (next !== undefined) await next.#foundSoon();
    const stays = (key: string): boolean => next !== undefined && next.#loops.has(key);
    await Promise.all(loops.map(([key, loop]) => (stays(key) ? loop.stop() : loop.leave())));
    this.#leaving.clear();
    await this.#client.close();
  }

  /** Resolves once targets were found, or that takes too long. */
  async #foundSoon(): Promise<void> {
    const done = new AbortController();
    void this.#isFound.then(() => done.abort());
    await sleep(this.#pool.settings.clock, FIRST_TARGETS_MS, done.signal);
  }

  #sync(): void {
    const targets = this.#targets();
    for (const [key, loop] of this.#loops) {
      if (targets.has(key)) continue;
      this.#loops.delete(key);
      this.#leaving.add(loop);
      loop
        .leave()
        .catch(this.#pool.settings.report)
        .finally(() => this.#leaving.delete(loop));
    }
    for (const [key, target] of targets) {
      if (this.#loops.has(key)) continue;
      const loop = new ScrapeLoop({ ...this.#pool, target, client: this.#client });
      this.#loops.set(key, loop);
      loop.start();
    }
    this.#foundFirst();
  }

  #targets(): Map<string, Target> {
    const { config, settings } = this.#pool;
    const targets = new Map<string, Target>();
    const dropped: Labels[] = [];
    for (const labels of [...this.#found.values()].flat()) {
      const target = targetOf(labels, config);
      if (typeof target === "string") {
        settings.logger.error("Creating target failed", { scrape_pool: config.job_name, error: messageOf(target) });
      } else if (target === undefined) dropped.push(withDefaults(labels, config));
      else targets.set(target.key, target);
    }
    this.#dropped = dropped;
    const limit = config.target_limit ?? 0;
    if (limit === 0 || targets.size <= limit) return targets;
    settings.logger.error("target_limit exceeded", { scrape_pool: config.job_name, targets: targets.size, limit });
    return new Map();
  }
}

function shownConfig(config: ScrapeConfig): Readonly<Record<string, unknown>> {
  const { job_name, honor_labels, honor_timestamps, params, metrics_path, scheme } = config;
  return {
    job_name,
    honor_labels,
    honor_timestamps,
    ...(Object.keys(params).length === 0 ? {} : { params }),
    scrape_interval: `${config.scrape_interval}ms`,
    scrape_timeout: `${config.scrape_timeout}ms`,
    metrics_path,
    scheme,
    ...(config.relabel_configs.length === 0 ? {} : { relabel_configs: config.relabel_configs.map(ruleFields) }),
    ...(config.metric_relabel_configs.length === 0
      ? {}
      : { metric_relabel_configs: config.metric_relabel_configs.map(ruleFields) }),
  };
}

function relabelSteps(labels: Labels, rules: readonly RelabelConfig[]): RelabelStep[] {
  let kept: Labels | undefined = labels;
  return rules.map((rule) => {
    if (kept !== undefined) kept = relabel(kept, [rule]);
    return { rule: ruleFields(rule), output: kept ?? new Map(), keep: kept !== undefined };
  });
}
