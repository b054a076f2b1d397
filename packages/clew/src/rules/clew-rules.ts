/** Joins the evaluation of rules with the store. */
import { systemClock } from "@clew/base";
import type { Logger } from "@clew/collector";
import { Labels } from "@clew/query";
import { reloadFault, RuleManager, type RuleGroup } from "@clew/rules";
import { sampleWriter, storeQuerier, type RulesSource } from "@clew/server";
import type { Store } from "@clew/store";
import type { RuleMetrics } from "./rule-metrics.ts";
import { readRuleFiles } from "./rule-files.ts";
import type { RuleOptions } from "./rule-options.ts";

export interface ClewRulesSettings {
  readonly options: RuleOptions;
  readonly store: Store;
  readonly metrics: RuleMetrics;
  readonly logger: Logger;
}

export class ClewRules implements RulesSource {
  readonly #settings: ClewRulesSettings;
  #manager: RuleManager | undefined;

  constructor(settings: ClewRulesSettings) {
    this.#settings = settings;
  }

  get groups(): readonly RuleGroup[] {
    return this.#manager?.groups ?? [];
  }

  get alertmanagers(): readonly string[] {
    return [];
  }

  /** Rejects with `RULES_INVALID` and `FILE_UNREADABLE`. `uiUrl` is where people find this program, unless the options say. */
  async start(uiUrl: string): Promise<void> {
    const { options, store, metrics, logger } = this.#settings;
    if (options.files.length === 0) return;
    this.#manager = await RuleManager.start({
      clock: systemClock,
      querier: storeQuerier(store, systemClock),
      write: sampleWriter({ clock: systemClock, write: (payload) => store.write(payload) }),
      load: () => readRuleFiles(options.files),
      notify: () => {},
      report: (line) => logger.warn(line, { component: "rules" }),
      onGroups: (groups) => metrics.setGroups(groups),
      measure: metrics.measure,
      externalLabels: Labels.of(options.externalLabels),
      externalUrl: options.externalUrl ?? uiUrl,
      defaultIntervalMs: options.evaluationIntervalMs,
    });
  }

  /** Rejects as `start` does; everything then stays as it was, which the log tells. */
  async reload(): Promise<void> {
    try {
      await this.#manager?.reload();
    } catch (error) {
      this.#settings.logger.error(reloadFault(error), { component: "rules" });
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#manager?.stop();
  }
}
