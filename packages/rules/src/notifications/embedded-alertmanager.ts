/** Alertmanager's work in the program itself: routes, groups, inhibits and silences alerts, and tells receivers of them. */
import type { Clock } from "@clew/base";
import type { Labels } from "@clew/query";
import { AlertGroup, type NotificationCounts } from "./alert-group.ts";
import type { AlertmanagerConfig, Route } from "./config/alertmanager-config.ts";
import { readAlertmanagerConfig } from "./config/read-alertmanager-config.ts";
import { inhibitionBy } from "./inhibition.ts";
import { NotificationLog } from "./notification-log.ts";
import { NotificationTemplates } from "./notification-templates.ts";
import type { Notifier, NotifierKind } from "./notification.ts";
import type { PostedAlert } from "./posted-alert.ts";
import { notifiersOf } from "./receivers/notifiers.ts";
import { groupLabelsOf, routesOf } from "./routing.ts";
import { type Silence, Silences } from "./silences.ts";
import type { StateFile } from "./state-file.ts";

/** So many alerts are kept; others are dropped and counted. */
const MAX_ALERTS = 10_000;
/** A resolved alert is kept for so long after it ended. */
const RESOLVED_RETENTION_MS = 900_000;
/** After the start, alerts come one after the other, and those that inhibit others may be last: nobody is told in haste. */
const SETTLING_MS = 120_000;

export interface EmbeddedAlertmanagerSettings {
  readonly clock: Clock;
  readonly externalUrl: string;
  readonly report: (line: string) => void;
  /** The configuration's text, and those of the template files that its patterns name. */
  readonly load: (patternsOf: (text: string) => readonly string[]) => Promise<LoadedConfig>;
  readonly silences: StateFile;
  readonly notifications: StateFile;
}

/** An alert that is not over. */
export interface AlertStatus {
  readonly alert: PostedAlert;
  readonly receivers: readonly string[];
  readonly silencedBy: readonly Silence[];
  /** The labels of a graver alert. */
  readonly inhibitedBy: Labels | undefined;
}

export interface LoadedConfig {
  readonly text: string;
  readonly templates: readonly string[];
}

export class EmbeddedAlertmanager {
  readonly silences: Silences;
  readonly counts: Readonly<Record<NotifierKind, NotificationCounts>> = {
    webhook: { sent: 0, failed: 0 },
    slack: { sent: 0, failed: 0 },
    email: { sent: 0, failed: 0 },
  };
  droppedAlerts = 0;
  readonly #settings: EmbeddedAlertmanagerSettings;
  readonly #log: NotificationLog;
  // key of the label set --> the alert as it was posted last
  readonly #alerts = new Map<string, PostedAlert>();
  readonly #startedMs: number;
  #config: AlertmanagerConfig;
  // name of the receiver --> its places
  #notifiers: ReadonlyMap<string, readonly Notifier[]>;
  #groups = new Map<string, AlertGroup>();

  private constructor(
    settings: EmbeddedAlertmanagerSettings,
    silences: Silences,
    log: NotificationLog,
    { config, notifiers }: Configured,
  ) {
    this.#settings = settings;
    this.silences = silences;
    this.#log = log;
    this.#startedMs = settings.clock.nowMs();
    this.#config = config;
    this.#notifiers = notifiers;
  }

  /** Rejects with what is wrong with the configuration or with a file. */
  static async start(settings: EmbeddedAlertmanagerSettings): Promise<EmbeddedAlertmanager> {
    const configured = await configure(settings);
    const silences = await Silences.open(settings.clock, settings.silences);
    const log = await NotificationLog.open(settings.clock, settings.notifications);
    return new EmbeddedAlertmanager(settings, silences, log, configured);
  }

  /** Those that are not over for long. */
  get alerts(): readonly PostedAlert[] {
    return [...this.#alerts.values()];
  }

  take(alerts: readonly PostedAlert[]): void {
    this.#forgetOld();
    for (const alert of alerts) {
      if (this.#alerts.size >= MAX_ALERTS && !this.#alerts.has(alert.labels.key)) this.droppedAlerts++;
      else {
        this.#alerts.set(alert.labels.key, alert);
        for (const route of routesOf(this.#config.route, alert.labels)) this.#groupOf(route, alert.labels).take(alert);
      }
    }
  }

  /** The alerts that are not over, with who hears of them, or why nobody does. */
  statuses(): readonly AlertStatus[] {
    const firing = this.#firing();
    const inhibitor = this.#inhibitor(firing);
    return firing.map((alert) => ({
      alert,
      receivers: routesOf(this.#config.route, alert.labels).map(({ receiver }) => receiver),
      silencedBy: this.silences.of(alert.labels),
      inhibitedBy: inhibitor(alert.labels),
    }));
  }

  /** Takes the configuration anew. Rejects with what is wrong with it: everything then stays as it was. */
  async reload(): Promise<void> {
    const { config, notifiers } = await configure(this.#settings);
    const old = [...this.#groups.values()];
    this.#groups = new Map();
    await Promise.all(old.map((group) => group.stop()));
    this.#config = config;
    this.#notifiers = notifiers;
    this.take(this.alerts);
  }

  /** Resolves when nothing is being told any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
  }

  #groupOf(route: Route, labels: Labels): AlertGroup {
    const groupLabels = groupLabelsOf(route, labels);
    // Two routes of one place in the tree may have the same matchers; the receiver tells them apart.
    const key = `${route.receiver} ${route.key}:${groupLabels.key}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const { clock, externalUrl, report } = this.#settings;
    const group: AlertGroup = new AlertGroup(route, groupLabels, {
      clock,
      externalUrl,
      report,
      log: this.#log,
      notifiers: this.#notifiers.get(route.receiver) ?? [],
      counts: this.counts,
      mayHurry: () => clock.nowMs() - this.#startedMs > SETTLING_MS,
      mutingTest: () => {
        const inhibitor = this.#inhibitor(this.#firing());
        return (one) => inhibitor(one) !== undefined || this.silences.of(one).length > 0;
      },
      onEmpty: () => {
        if (this.#groups.get(key) === group) this.#groups.delete(key);
      },
    });
    this.#groups.set(key, group);
    return group;
  }

  #firing(): readonly PostedAlert[] {
    const nowMs = this.#settings.clock.nowMs();
    return this.alerts.filter(({ endsAtMs }) => endsAtMs > nowMs);
  }

  #inhibitor(firing: readonly PostedAlert[]): (labels: Labels) => Labels | undefined {
    return inhibitionBy(
      this.#config.inhibitRules,
      firing.map(({ labels }) => labels),
    );
  }

  #forgetOld(): void {
    const oldestMs = this.#settings.clock.nowMs() - RESOLVED_RETENTION_MS;
    for (const [key, { endsAtMs }] of this.#alerts) if (endsAtMs < oldestMs) this.#alerts.delete(key);
  }
}

interface Configured {
  readonly config: AlertmanagerConfig;
  readonly notifiers: ReadonlyMap<string, readonly Notifier[]>;
}

async function configure({ load }: EmbeddedAlertmanagerSettings): Promise<Configured> {
  const { text, templates } = await load((read) => readAlertmanagerConfig(read).templates);
  const config = readAlertmanagerConfig(text);
  const expander = new NotificationTemplates(templates);
  const notifiers = new Map(
    [...config.receivers].map(([name, receiver]) => [name, notifiersOf(receiver, expander)] as const),
  );
  return { config, notifiers };
}
