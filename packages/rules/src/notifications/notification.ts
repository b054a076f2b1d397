/** What a receiver is told: the alerts of a group. */
import type { Labels } from "@clew/query";
import type { PostedAlert } from "./posted-alert.ts";

export interface Notification {
  readonly receiver: string;
  /** Names the group, whatever is in it. */
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** Those that fire first. */
  readonly alerts: readonly NotifiedAlert[];
  readonly externalUrl: string;
}

export interface NotifiedAlert extends PostedAlert {
  readonly isResolved: boolean;
}

export type NotifierKind = "webhook" | "slack" | "email";

/** Sends notifications to one place. */
export interface Notifier {
  readonly kind: NotifierKind;
  /** Which of its receiver's places it is: `webhook[0]`. */
  readonly name: string;
  readonly sendResolved: boolean;
  /** Rejects with a `NotifyError` where it did not arrive. */
  notify(notification: Notification, signal: AbortSignal): Promise<void>;
}

export class NotifyError extends Error {
  override readonly name: string = "NotifyError";
  /** Whether it may arrive when it is sent again. */
  readonly mayRetry: boolean;

  constructor(text: string, mayRetry: boolean, options?: ErrorOptions) {
    super(text, options);
    this.mayRetry = mayRetry;
  }
}

export function statusOf(alerts: readonly NotifiedAlert[]): "firing" | "resolved" {
  return alerts.some(({ isResolved }) => !isResolved) ? "firing" : "resolved";
}

/** The pairs that all of them have. */
export function commonPairs(all: readonly Iterable<readonly [string, string]>[]): ReadonlyMap<string, string> {
  const [first, ...others] = all.map((pairs) => new Map(pairs));
  return new Map([...(first ?? [])].filter(([name, value]) => others.every((other) => other.get(name) === value)));
}
