/** The Alertmanagers that hear of alerts: those that the command line names, and those that the configuration says how to find. */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "@clew/base";
import {
  type AlertingConfig,
  type AlertmanagerConfig,
  AlertmanagerSet,
  type Logger,
  type Meter,
  relabel,
  type RelabelConfig,
} from "@clew/collector";
import { Labels } from "@clew/query";
import { AlertmanagerSender, type PostedAlert } from "@clew/rules";
import { observeDiscovered, observeSender } from "./notification-metrics.ts";

export interface AlertmanagersSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes what a person should know. */
  readonly report: (line: string) => void;
  /** Takes how long each request took. */
  readonly measure: (seconds: number) => void;
}

interface RunningSet {
  readonly config: AlertmanagerConfig;
  readonly set: AlertmanagerSet;
  // URL --> who sends there, and what ends its metrics
  readonly senders: Map<string, { readonly sender: AlertmanagerSender; hide: () => void }>;
}

export class Alertmanagers {
  readonly #settings: AlertmanagersSettings;
  readonly #leaving = new Set<Promise<unknown>>();
  #sets: readonly RunningSet[] = [];
  #relabelConfigs: readonly RelabelConfig[] = [];
  #meter: Meter | undefined;

  constructor(settings: AlertmanagersSettings) {
    this.#settings = settings;
  }

  /** URLs. */
  get active(): readonly string[] {
    return this.#sets.flatMap(({ set }) => set.active);
  }

  get dropped(): readonly string[] {
    return this.#sets.flatMap(({ set }) => set.dropped);
  }

  /** Tells how sending goes there, until the returned function is called. */
  observe(meter: Meter): () => void {
    this.#meter = meter;
    const end = observeDiscovered(() => this.active.length, meter);
    for (const { senders } of this.#sets) for (const one of senders.values()) one.hide = observed(one.sender, meter);
    return () => {
      this.#meter = undefined;
      end();
      for (const { senders } of this.#sets) for (const { hide } of senders.values()) hide();
    };
  }

  /** Takes this configuration in the place of the one before. What it says as before goes on as it is. */
  take({ alert_relabel_configs: relabelConfigs, alertmanagers }: AlertingConfig): void {
    const before = [...this.#sets];
    this.#relabelConfigs = relabelConfigs;
    this.#sets = alertmanagers.map((config) => {
      const known = before.findIndex((one) => isDeepStrictEqual(one.config, config));
      return known < 0 ? this.#start(config) : before.splice(known, 1)[0]!;
    });
    for (const one of before) this.#leave(this.#end(one));
  }

  /** Sends what relabelling leaves; returns that. */
  send(alerts: readonly PostedAlert[]): readonly PostedAlert[] {
    const left = relabelled(alerts, this.#relabelConfigs);
    for (const { config, senders } of this.#sets) {
      const ofSet = relabelled(left, config.alert_relabel_configs);
      if (ofSet.length > 0) for (const { sender } of senders.values()) sender.send(ofSet);
    }
    return left;
  }

  /** Resolves when what waits was sent, or could not be. */
  async stop(): Promise<void> {
    const sets = this.#sets;
    this.#sets = [];
    await Promise.all([...sets.map((one) => this.#end(one)), ...this.#leaving]);
  }

  #start(config: AlertmanagerConfig): RunningSet {
    const { clock, logger, report } = this.#settings;
    const stray = (error: unknown): void => report(String(error));
    const set = new AlertmanagerSet(config, { clock, logger, report: stray, random: Math.random });
    const running: RunningSet = { config, set, senders: new Map() };
    set.start(() => this.#sync(running));
    return running;
  }

  /** A sender for each that is there, and none for those that are not. */
  #sync({ set, senders }: RunningSet): void {
    const { clock, report, measure } = this.#settings;
    const post = set.post.bind(set);
    for (const [url, { sender, hide }] of senders) {
      if (set.active.includes(url)) continue;
      senders.delete(url);
      hide();
      this.#leave(sender.drain());
    }
    for (const url of set.active) {
      if (senders.has(url)) continue;
      const sender = new AlertmanagerSender({ url, post, clock, report, measure });
      senders.set(url, { sender, hide: this.#meter === undefined ? () => {} : observed(sender, this.#meter) });
    }
  }

  async #end({ set, senders }: RunningSet): Promise<void> {
    await set.stop();
    for (const { hide } of senders.values()) hide();
    await Promise.all([...senders.values()].map(({ sender }) => sender.drain()));
    await set.close();
  }

  /** `stop` waits for it, too. */
  #leave(work: Promise<unknown>): void {
    const leaving = work.finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

function observed(sender: AlertmanagerSender, meter: Meter): () => void {
  const ends = observeSender(sender, meter);
  return () => ends.forEach((end) => end());
}

function relabelled(alerts: readonly PostedAlert[], rules: readonly RelabelConfig[]): readonly PostedAlert[] {
  if (rules.length === 0) return alerts;
  return alerts.flatMap((alert) => {
    const labels = relabel(new Map(alert.labels), rules);
    return labels === undefined ? [] : [{ ...alert, labels: Labels.from(labels) }];
  });
}
