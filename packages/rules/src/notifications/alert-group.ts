/** Alerts that are told of together: those of a route with the same group labels. */
import { type Clock, messageOf, sleep } from "@clew/base";
import type { Labels } from "@clew/query";
import type { Route } from "./config/alertmanager-config.ts";
import type { NotificationLog } from "./notification-log.ts";
import {
  type NotifiedAlert,
  type Notification,
  type Notifier,
  type NotifierKind,
  NotifyError,
} from "./notification.ts";
import type { PostedAlert } from "./posted-alert.ts";

/** Between two tries of a notification; each wait is twice the one before, up to the longest. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;

export interface AlertGroupSettings {
  readonly clock: Clock;
  readonly externalUrl: string;
  readonly log: NotificationLog;
  readonly notifiers: readonly Notifier[];
  /** Makes the test whether an alert is silenced or inhibited now. */
  readonly mutingTest: () => (labels: Labels) => boolean;
  readonly report: (line: string) => void;
  readonly counts: Readonly<Record<NotifierKind, NotificationCounts>>;
  /** Whether an alert that is old enough need not wait for others of its group. */
  readonly mayHurry: () => boolean;
  /** Called when nothing is left of the group. */
  readonly onEmpty: () => void;
}

export interface NotificationCounts {
  sent: number;
  failed: number;
}

export class AlertGroup {
  readonly route: Route;
  readonly labels: Labels;
  readonly #settings: AlertGroupSettings;
  // key of the label set --> the alert as it was posted last
  readonly #alerts = new Map<string, PostedAlert>();
  readonly #stop = new AbortController();
  #cancelTimer: () => void = () => {};
  #flushing: Promise<void> = Promise.resolve();
  #isScheduled = false;

  constructor(route: Route, labels: Labels, settings: AlertGroupSettings) {
    this.route = route;
    this.labels = labels;
    this.#settings = settings;
  }

  get key(): string {
    return `${this.route.key}:${this.labels.toString()}`;
  }

  get alerts(): readonly PostedAlert[] {
    return [...this.#alerts.values()];
  }

  take(alert: PostedAlert): void {
    this.#alerts.set(alert.labels.key, alert);
    if (this.#isScheduled) return;
    const { clock, mayHurry } = this.#settings;
    const hasWaited = alert.startsAtMs + this.route.groupWaitMs < clock.nowMs();
    this.#schedule(hasWaited && mayHurry() ? 0 : this.route.groupWaitMs);
  }

  /** Resolves when nothing is being told any more. */
  async stop(): Promise<void> {
    this.#cancelTimer();
    this.#stop.abort();
    await this.#flushing;
  }

  #schedule(delayMs: number): void {
    this.#isScheduled = true;
    this.#cancelTimer = this.#settings.clock.after(delayMs, () => {
      const flushing = this.#flushing.then(() => this.#flush());
      this.#flushing = flushing.catch((error: unknown) => this.#settings.report(messageOf(error)));
      this.#schedule(this.route.groupIntervalMs);
    });
  }

  async #flush(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { clock, mutingTest, notifiers } = this.#settings;
    const isMuted = mutingTest();
    const nowMs = clock.nowMs();
    const posted = this.alerts;
    const alerts = posted
      .map((alert) => ({ ...alert, isResolved: alert.endsAtMs <= nowMs }))
      .filter(({ labels }) => !isMuted(labels))
      .sort((a, b) => Number(a.isResolved) - Number(b.isResolved) || a.startsAtMs - b.startsAtMs);
    const outcomes = await Promise.all(notifiers.map((notifier) => this.#tell(notifier, alerts)));
    if (outcomes.every((arrived) => arrived)) this.#forgetResolved(posted, nowMs);
    if (this.#alerts.size > 0 || this.#stop.signal.aborted) return;
    this.#cancelTimer();
    this.#settings.onEmpty();
  }

  /** Those that were told of as resolved, unless they were posted anew meanwhile. */
  #forgetResolved(posted: readonly PostedAlert[], nowMs: number): void {
    for (const alert of posted) {
      const { key } = alert.labels;
      if (alert.endsAtMs <= nowMs && this.#alerts.get(key) === alert) this.#alerts.delete(key);
    }
  }

  /** Whether it arrived, or did not have to. */
  async #tell(notifier: Notifier, alerts: readonly NotifiedAlert[]): Promise<boolean> {
    const { log, externalUrl, report, counts } = this.#settings;
    const { repeatIntervalMs, receiver } = this.route;
    if (alerts.length === 0) return true;
    const key = `${receiver}/${notifier.name}/${this.key}`;
    if (!log.needsTelling(key, alerts, notifier.sendResolved, repeatIntervalMs)) return true;
    const told = notifier.sendResolved ? alerts : alerts.filter(({ isResolved }) => !isResolved);
    const notification = { receiver, groupKey: this.key, groupLabels: this.labels, alerts: told, externalUrl };
    try {
      if (told.length > 0) await this.#deliver(notifier, notification);
      await log.told(key, alerts);
      return true;
    } catch (error) {
      counts[notifier.kind].failed++;
      report(`${receiver}/${notifier.name}: notify for ${told.length} alerts failed: ${messageOf(error)}`);
      return false;
    }
  }

  /** Tries until the group's next turn. */
  async #deliver(notifier: Notifier, notification: Notification): Promise<void> {
    const { clock, counts } = this.#settings;
    const endMs = clock.nowMs() + this.route.groupIntervalMs;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_RETRY_MS)) {
      try {
        await notifier.notify(notification, this.#stop.signal);
        counts[notifier.kind].sent++;
        return;
      } catch (error) {
        const mayRetry = error instanceof NotifyError && error.mayRetry;
        if (!mayRetry || this.#stop.signal.aborted || clock.nowMs() + waitMs >= endMs) throw error;
        await sleep(clock, waitMs, this.#stop.signal);
      }
    }
  }
}
