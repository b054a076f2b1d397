/** An alert as Prometheus hands it on and Alertmanager takes it. */
import type { Labels } from "@clew/query";
import type { AlertNotice } from "../evaluation/alert.ts";
import { urlQueryEscaped } from "../template/functions.ts";

export interface PostedAlert {
  readonly labels: Labels;
  /** By name, in order. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly startsAtMs: number;
  /** It counts as resolved from then on, unless it is posted again. */
  readonly endsAtMs: number;
  /** When it was posted last. */
  readonly updatedAtMs: number;
  /** Where people see what its expression gives. */
  readonly generatorUrl: string;
}

export interface PostingSettings {
  /** Labels that alerts bear when they leave, unless they have them already. */
  readonly externalLabels: Labels;
  readonly externalUrl: string;
}

export function postedAlert(notice: AlertNotice, { externalLabels, externalUrl }: PostingSettings): PostedAlert {
  const { labels, annotations, startsAtMs, endsAtMs, sentAtMs, expression } = notice;
  const missing = externalLabels.filter((name) => labels.get(name) === "");
  return {
    labels: missing.size === 0 ? labels : [...missing].reduce((all, [name, value]) => all.with(name, value), labels),
    annotations,
    startsAtMs,
    endsAtMs,
    updatedAtMs: sentAtMs,
    generatorUrl: `${externalUrl}/graph?g0.expr=${urlQueryEscaped(expression)}&g0.tab=1`,
  };
}
