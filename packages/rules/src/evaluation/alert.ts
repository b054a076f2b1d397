/** One instance of an alerting rule: a label set for which its expression holds, or held a while ago. */
import type { Labels } from "@clew/query";
import type { Evidence } from "./evidence.ts";

export type AlertState = "inactive" | "pending" | "firing";

/** Times are milliseconds since the Unix epoch; undefined is "not yet". */
export interface Alert {
  readonly labels: Labels;
  /** By name, in order. */
  annotations: ReadonlyMap<string, string>;
  state: AlertState;
  /** What the expression gave last; 0 for a histogram. */
  value: number;
  activeAtMs: number;
  firedAtMs: number | undefined;
  /** When it ceased to hold; undefined for one that is active. */
  resolvedAtMs: number | undefined;
  keepFiringSinceMs: number | undefined;
  lastSentAtMs: number | undefined;
  /** Until when a receiver may believe that it fires, if it hears no more. */
  validUntilMs: number | undefined;
  /** What was seen while it fired. */
  evidence: Evidence | undefined;
  evidenceSoughtAtMs: number | undefined;
}

/** An alert as those who are told of it see it. */
export interface AlertNotice {
  readonly labels: Labels;
  readonly annotations: ReadonlyMap<string, string>;
  readonly startsAtMs: number;
  /** In the past for one that is resolved. */
  readonly endsAtMs: number;
  readonly sentAtMs: number;
  readonly isResolved: boolean;
  /** The rule's expression, as Prometheus prints it. */
  readonly expression: string;
}

/** A new alert that waits for its rule's `for` to pass. */
export function pendingAlert(
  labels: Labels,
  annotations: ReadonlyMap<string, string>,
  value: number,
  activeAtMs: number,
): Alert {
  return {
    labels,
    annotations,
    state: "pending",
    value,
    activeAtMs,
    firedAtMs: undefined,
    resolvedAtMs: undefined,
    keepFiringSinceMs: undefined,
    lastSentAtMs: undefined,
    validUntilMs: undefined,
    evidence: undefined,
    evidenceSoughtAtMs: undefined,
  };
}

/** Whether receivers have to hear of it: at once where it is resolved, else every `resendDelayMs`. */
export function needsSending(
  { state, resolvedAtMs, lastSentAtMs }: Alert,
  nowMs: number,
  resendDelayMs: number,
): boolean {
  if (state === "pending") return false;
  if (lastSentAtMs === undefined) return true;
  return (resolvedAtMs !== undefined && resolvedAtMs > lastSentAtMs) || lastSentAtMs + resendDelayMs < nowMs;
}
