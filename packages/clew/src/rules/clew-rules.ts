/** Joins the evaluation of rules with the store, and their alerts with those who are told of them. */
import { join } from "node:path";
import { ClewError, messageOf, systemClock } from "@clew/base";
import type { Logger, Meter } from "@clew/collector";
import { Labels, type MetricsQuerier, type PromqlFeatures } from "@clew/query";
import {
  type AlertNotice,
  EmbeddedAlertmanager,
  postedAlert,
  type RuleFile,
  type RuleGroup,
  RuleManager,
} from "@clew/rules";
import { sampleWriter, type RulesSource } from "@clew/server";
import type { Store } from "@clew/store";
import { readAlertmanagerFiles } from "./alertmanager-files.ts";
import { keptFile } from "./kept-file.ts";
import { Alertmanagers } from "./alertmanagers.ts";
import { observeAlertmanager } from "./notification-metrics.ts";
import { type LiveRuleOptions, readRuleFiles, type RulePatterns } from "./rule-files.ts";
import { RuleMetrics } from "./rule-metrics.ts";
import type { RuleOptions } from "./rule-options.ts";

export interface ClewRulesSettings {
  readonly options: RuleOptions;
  readonly store: Store;
  readonly querier: MetricsQuerier;
  /** What expressions may have beside what is stable. */
  readonly features: PromqlFeatures;
  /** Where silences are kept, and what receivers were told. */
  readonly directory: string;
  readonly logger: Logger;
}

export class ClewRules implements RulesSource {
  readonly #settings: ClewRulesSettings;
  readonly #metrics = new RuleMetrics();
  readonly #alertmanagers: Alertmanagers;
  #meter: Meter | undefined;
  #manager: RuleManager | undefined;
  #alertmanager: EmbeddedAlertmanager | undefined;
  #patterns: RulePatterns;

  constructor(settings: ClewRulesSettings) {
    this.#settings = settings;
    this.#patterns = settings.options;
    const report = (line: string): void => this.#report(line);
    const measure = (seconds: number): void => this.#metrics.measure.notification(seconds);
    const logger = settings.logger.with({ component: "notifier" });
    this.#alertmanagers = new Alertmanagers({ clock: systemClock, logger, report, measure });
  }

  get groups(): readonly RuleGroup[] {
    return this.#manager?.groups ?? [];
  }

  get alertmanagers(): readonly string[] {
    return this.#alertmanagers.active;
  }

  get droppedAlertmanagers(): readonly string[] {
    return this.#alertmanagers.dropped;
  }

  get alertmanager(): EmbeddedAlertmanager | undefined {
    return this.#alertmanager;
  }

  /** Tells how rules and alerts are doing there, until the returned function is called. */
  observe(meter: Meter): () => void {
    this.#meter = meter;
    const ends = [this.#metrics.observe(meter), this.#alertmanagers.observe(meter)];
    return () => ends.forEach((end) => end());
  }

  /**
   * Rejects with `RULES_INVALID`, `ALERTMANAGER_CONFIG_INVALID`, `ALERT_STATE_UNREADABLE` and `FILE_UNREADABLE`.
   * `uiUrl` is where people find this program, unless the options say.
   */
  async start(uiUrl: string): Promise<void> {
    const { options, store, querier, features } = this.#settings;
    const externalUrl = options.externalUrl ?? uiUrl;
    const externalLabels = Labels.of(options.externalLabels);
    this.#alertmanagers.take(options.alerting);
    await this.#startAlertmanager(externalUrl);
    this.#manager = await RuleManager.start({
      clock: systemClock,
      querier,
      features,
      write: sampleWriter({ clock: systemClock, write: (payload) => store.write(payload) }),
      load: () => this.#ruleFiles(),
      notify: (notices) => this.#notify(notices, externalLabels, externalUrl),
      report: (line) => this.#report(line),
      onGroups: (groups) => this.#metrics.setGroups(groups),
      measure: this.#metrics.measure,
      externalLabels,
      externalUrl,
      defaultIntervalMs: options.evaluationIntervalMs,
    });
  }

  /** `options`: what holds from now on. Rejects as `start` does; what has faults then stays as it was. */
  async reload(options: LiveRuleOptions): Promise<void> {
    const before = this.#patterns;
    this.#patterns = options;
    try {
      await this.#asConfig(() => this.#alertmanager?.reload());
      await this.#manager?.reload();
      this.#alertmanagers.take(options.alerting);
    } catch (error) {
      this.#patterns = before;
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#manager?.stop();
    await this.#alertmanager?.stop();
    await this.#alertmanagers.stop();
  }

  async #ruleFiles(): Promise<readonly RuleFile[]> {
    const patterns = this.#patterns;
    const files = await readRuleFiles(patterns);
    const names = [...patterns.files, ...patterns.optionalFiles].join(" or ");
    if (names !== "" && files.length === 0) this.#report(`There is no file of rules that is named ${names}`);
    return files;
  }

  async #startAlertmanager(externalUrl: string): Promise<void> {
    const { options, directory } = this.#settings;
    const { alertmanagerConfig: path } = options;
    if (path === undefined) return;
    this.#alertmanager = await this.#asConfig(() =>
      EmbeddedAlertmanager.start({
        clock: systemClock,
        externalUrl,
        report: (line) => this.#report(line),
        load: (patternsOf) => readAlertmanagerFiles(path, patternsOf),
        silences: keptFile(join(directory, "alertmanager", "silences.json")),
        notifications: keptFile(join(directory, "alertmanager", "notifications.json")),
      }),
    );
    if (this.#meter !== undefined && this.#alertmanager !== undefined)
      observeAlertmanager(this.#alertmanager, this.#meter);
  }

  #notify(notices: readonly AlertNotice[], externalLabels: Labels, externalUrl: string): void {
    const alerts = notices.map((notice) => postedAlert(notice, { externalLabels, externalUrl }));
    const sent = this.#alertmanagers.send(alerts);
    this.#alertmanager?.take(sent);
  }

  /** What is wrong with the configuration is told with its file. */
  async #asConfig<T>(work: () => Promise<T> | undefined): Promise<T | undefined> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof ClewError && cause.code !== "QUERY_BAD_DATA") throw cause;
      const what = cause instanceof ClewError ? cause.what : messageOf(cause);
      throw new ClewError("ALERTMANAGER_CONFIG_INVALID", what, {
        path: this.#settings.options.alertmanagerConfig,
        remedy: "correct it there",
        cause,
      });
    }
  }

  #report(line: string): void {
    this.#settings.logger.warn(line, { component: "rules" });
  }
}
