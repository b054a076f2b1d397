/** Gives alerts the times back that they had before the program stopped, from `ALERTS_FOR_STATE`. */
import { type LabelMatcher, METRIC_NAME, type MetricsQuerier } from "@clew/query";
import type { AlertingRule } from "./alerting-rule.ts";
import { ALERTS_FOR_STATE, alertSeries } from "./rule-sample.ts";

/** What was written longer ago is not taken up again. */
const OUTAGE_TOLERANCE_MS = 3_600_000;
/** After a restart an alert that was pending waits at least so long, unless its `for` is shorter. */
const GRACE_PERIOD_MS = 600_000;
/** More samples than this are not read of one rule. */
const MAX_SAMPLES = 1_000_000;

/** What an alert was doing when it was last written of. */
interface LastState {
  readonly seenAtMs: number;
  readonly activeAtMs: number;
}

/** Rejects as the querier does; the rule then counts as restored all the same. */
export async function restoreAlerts(
  rule: AlertingRule,
  timeMs: number,
  querier: MetricsQuerier,
  signal: AbortSignal,
): Promise<void> {
  rule.isRestored = true;
  // Such a rule fires again sooner than the grace period would let it.
  if (rule.forMs < GRACE_PERIOD_MS) return;
  const states = await lastStates(rule, timeMs, querier, signal);
  for (const alert of rule.alerts) {
    const last = states.get(alert.labels.key);
    if (last !== undefined) alert.activeAtMs = restoredActiveAt(last, rule.forMs, timeMs);
  }
}

async function lastStates(
  rule: AlertingRule,
  timeMs: number,
  querier: MetricsQuerier,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LastState>> {
  const found = await querier.select(
    {
      matchers: matchersOf(rule),
      startMs: timeMs - OUTAGE_TOLERANCE_MS - 1,
      endMs: timeMs,
      sampleLimit: MAX_SAMPLES,
      hints: { stepMs: 0, rangeMs: OUTAGE_TOLERANCE_MS, lookbackMs: 0, needsStarts: false, func: "" },
    },
    signal,
  );
  const states = new Map<string, LastState>();
  for (const { labels, timestampsMs, values } of found) {
    const activeAt = values.at(-1) ?? Number.NaN;
    // A stale marker is last where the alert was not active any more.
    if (!Number.isNaN(activeAt))
      states.set(labels.withoutName().key, { seenAtMs: timestampsMs.at(-1) ?? 0, activeAtMs: activeAt * 1000 });
  }
  return states;
}

/** Labels that are templates differ from alert to alert. */
function matchersOf(rule: AlertingRule): readonly LabelMatcher[] {
  const labels = alertSeries(rule.labels, ALERTS_FOR_STATE, rule.name);
  return [...labels]
    .filter(([name, value]) => name === METRIC_NAME || !value.includes("{{"))
    .map(([name, value]) => ({ name, operator: "=", value }));
}

function restoredActiveAt({ seenAtMs, activeAtMs }: LastState, forMs: number, timeMs: number): number {
  const remainingMs = forMs - (seenAtMs - activeAtMs);
  if (remainingMs <= 0) return activeAtMs;
  if (remainingMs < GRACE_PERIOD_MS) return timeMs + GRACE_PERIOD_MS - forMs;
  // The time that nobody looked does not count.
  return activeAtMs + (timeMs - seenAtMs);
}
