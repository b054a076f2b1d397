/** What is read anew while the program runs, on SIGHUP and at `/-/reload`: what is scraped, and rules. */
import { isDeepStrictEqual } from "node:util";
import { messageOf, type Clock } from "@clew/base";
import type { Logger, ScrapedTargets } from "@clew/collector";
import type { LiveConfig, PrometheusConfig } from "@clew/server";
import type { ClewRules } from "./rules/clew-rules.ts";
import type { LiveRuleOptions } from "./rules/rule-files.ts";

export interface ClewLiveConfigSettings {
  /** As it was when the program started. */
  readonly prometheus: PrometheusConfig | undefined;
  /** Reads it anew. */
  readonly read: () => Promise<PrometheusConfig | undefined>;
  /** Which files there are rules in and who is told of alerts, as a configuration says beside the command line. */
  readonly ruleOptions: (config: PrometheusConfig | undefined) => LiveRuleOptions;
  /** What is scraped by the configuration; undefined where it has no say in that. */
  readonly targets: ScrapedTargets | undefined;
  readonly rules: ClewRules | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sections of Prometheus's configuration that the program is started with. */
const STARTED_WITH: Readonly<Record<string, (config: PrometheusConfig) => unknown>> = {
  otlp: (config) => config.otlp,
  "global::external_labels": (config) => config.externalLabels.key,
  "global::evaluation_interval": (config) => config.rules.evaluationIntervalMs,
};

export class ClewLiveConfig implements LiveConfig {
  readonly #settings: ClewLiveConfigSettings;
  #prometheus: PrometheusConfig | undefined;
  #lastReload: LiveConfig["lastReload"];
  #reloading: Promise<void> = Promise.resolve();

  constructor(settings: ClewLiveConfigSettings) {
    this.#settings = settings;
    this.#prometheus = settings.prometheus;
  }

  get prometheus(): PrometheusConfig | undefined {
    return this.#prometheus;
  }

  get lastReload(): LiveConfig["lastReload"] {
    return this.#lastReload;
  }

  /** Rejects where the configuration, a file of it, or one of rules can't be read or has faults. What has some stays as it was. */
  reload(): Promise<void> {
    const reloading = this.#reloading.then(() => this.#reload());
    this.#reloading = reloading.catch(() => {});
    return reloading;
  }

  async #reload(): Promise<void> {
    const { clock, logger } = this.#settings;
    try {
      await this.#take(await this.#settings.read());
      this.#lastReload = { isSuccessful: true, atMs: clock.nowMs() };
    } catch (error) {
      this.#lastReload = { isSuccessful: false, atMs: clock.nowMs() };
      logger.error("The configuration was not taken", { error: messageOf(error) });
      throw error;
    }
  }

  async #take(config: PrometheusConfig | undefined): Promise<void> {
    const { rules, ruleOptions } = this.#settings;
    await this.#scrape(config);
    const options = ruleOptions(config);
    const { length } = [...options.files, ...options.optionalFiles];
    if (rules === undefined && length > 0) this.#warn("rule_files", config);
    await rules?.reload(options);
    for (const [section, valueOf] of Object.entries(STARTED_WITH)) {
      const [now, started] = [config, this.#settings.prometheus].map((one) => one && valueOf(one));
      if (!isDeepStrictEqual(now, started)) this.#warn(section, config);
    }
    this.#prometheus = config;
  }

  async #scrape(config: PrometheusConfig | undefined): Promise<void> {
    const { targets } = this.#settings;
    if (targets === undefined) return;
    if (targets.hasReceiver) await targets.reload(config?.scrape ?? {});
    else if (config?.scrape !== undefined) this.#warn("scrape_configs", config);
  }

  #warn(section: string, config: PrometheusConfig | undefined): void {
    this.#settings.logger.warn(`${config?.file ?? ""}: what ${section} says now holds from the next start on`);
  }
}
