import { METRIC_NAME, type Labels, type NativeHistogram } from "@clew/query";

/** What a rule writes. A marker that its series ended is `"stale"`. */
export interface RuleSample {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number | NativeHistogram | "stale";
}

/** The series of alerts' states, and of the times since when they are active. */
export const ALERTS = "ALERTS";
export const ALERTS_FOR_STATE = "ALERTS_FOR_STATE";
export const ALERT_NAME = "alertname";
export const ALERT_STATE = "alertstate";

/** The series of an alert: these labels under that name. */
export function alertSeries(labels: Labels, metric: typeof ALERTS | typeof ALERTS_FOR_STATE, alert: string): Labels {
  return labels.with(METRIC_NAME, metric).with(ALERT_NAME, alert);
}
