/** From an alert to the requests behind it: exemplars of the series that its expression looks at. */
import type { Exemplar, Labels, MetricsQuerier, Selection, SeriesExemplars } from "@clew/query";
import type { Alert } from "./alert.ts";

/** So many exemplars are kept of an alert. */
export const MAX_EVIDENCE = 10;
/** So many are looked at for all alerts of a rule. */
const MAX_EXEMPLARS_READ = 10_000;
/** Of alerts of a rule that begin to fire at once, so many get theirs. */
const MAX_ALERTS = 100;
/** A store may have them later than the samples: where there were none, they are looked for once more after so long. */
const SECOND_LOOK_MS = 10_000;

export interface EvidenceExemplar extends Exemplar {
  readonly seriesLabels: Labels;
}

export interface Evidence {
  /** Those with the largest values first, such as the slowest requests, of equal ones the newest; one of each trace. */
  readonly exemplars: readonly EvidenceExemplar[];
  readonly traceIds: readonly string[];
}

/** Whether it is to be looked for now: when the alert begins to fire, and once more. */
export function wantsEvidence({ evidence, firedAtMs, evidenceSoughtAtMs }: Alert, timeMs: number): boolean {
  if (evidence !== undefined || firedAtMs === undefined) return false;
  if (evidenceSoughtAtMs === undefined || evidenceSoughtAtMs < firedAtMs) return true;
  return evidenceSoughtAtMs - firedAtMs < SECOND_LOOK_MS && timeMs - firedAtMs >= SECOND_LOOK_MS;
}

/** Gives alerts, the first of them, what was seen of what their expression selects. Rejects as the querier does. */
export async function gatherEvidence(
  all: readonly Alert[],
  selections: readonly Selection[],
  querier: MetricsQuerier,
  signal: AbortSignal,
): Promise<void> {
  const alerts = all.slice(0, MAX_ALERTS);
  if (alerts.length === 0 || selections.length === 0) return;
  const startMs = Math.min(...selections.map((one) => one.startMs), ...alerts.map(({ activeAtMs }) => activeAtMs));
  const endMs = Math.max(...selections.map((one) => one.endMs));
  const selectors = selections.map(({ matchers }) => matchers);
  const found = await querier.exemplars({ selectors, startMs, endMs, limit: MAX_EXEMPLARS_READ }, signal);
  for (const alert of alerts) alert.evidence = evidenceOf(alert, found);
}

function evidenceOf(alert: Alert, found: readonly SeriesExemplars[]): Evidence | undefined {
  const sorted = found
    .filter(({ seriesLabels }) => agree(seriesLabels, alert.labels))
    .flatMap(({ seriesLabels, exemplars }) => exemplars.map((exemplar) => ({ ...exemplar, seriesLabels })))
    .sort((a, b) => b.value - a.value || b.timestampMs - a.timestampMs);
  const byTrace = new Map<string, EvidenceExemplar>();
  for (const exemplar of sorted) {
    const key = exemplar.labels.get("trace_id") || exemplar.labels.key;
    if (byTrace.size < MAX_EVIDENCE && !byTrace.has(key)) byTrace.set(key, exemplar);
  }
  if (byTrace.size === 0) return undefined;
  const exemplars = [...byTrace.values()];
  const traceIds = exemplars.map(({ labels }) => labels.get("trace_id")).filter((id) => id !== "");
  return { exemplars, traceIds };
}

/** Whether a series may be one of those that an alert came from: no label that both have differs. */
function agree(series: Labels, alert: Labels): boolean {
  for (const [name, value] of series) {
    const other = alert.get(name);
    if (name !== "__name__" && other !== "" && other !== value) return false;
  }
  return true;
}
