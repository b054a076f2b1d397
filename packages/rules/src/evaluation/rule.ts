/** What recording and alerting rules have in common. */
import type { Labels } from "@clew/query";
import type { QueryFunction } from "../template/template.ts";
import type { RuleSample } from "./rule-sample.ts";

export type RuleHealth = "unknown" | "ok" | "err";

/** How a rule's last evaluation went. */
export interface RuleStatus {
  readonly health: RuleHealth;
  /** Prometheus's text; empty where all is well. */
  readonly lastError: string;
  /** How long it took. */
  readonly evaluationMs: number;
  /** When it began; undefined before the first. */
  readonly lastEvaluationMs: number | undefined;
}

export interface RuleContext {
  /** When the group is evaluated; the query's time is `queryOffsetMs` before it. */
  readonly timeMs: number;
  readonly queryOffsetMs: number;
  /** The most series or alerts; 0 for any number. */
  readonly limit: number;
  /** Answers at the time that it is given. */
  readonly query: (expression: string, timeMs: number) => ReturnType<QueryFunction>;
  /** Tells of what is wrong but does not end the evaluation. */
  readonly report: (line: string) => void;
}

export interface EvaluatedRule {
  readonly name: string;
  /** The expression as Prometheus prints it. */
  readonly expression: string;
  /** The group's and the rule's own. */
  readonly labels: Labels;
  status: RuleStatus;
  /** Rejects with what is wrong, in Prometheus's words; what was known of alerts stays as it was. */
  evaluate(context: RuleContext): Promise<readonly RuleSample[]>;
}

export const NOT_EVALUATED: RuleStatus = {
  health: "unknown",
  lastError: "",
  evaluationMs: 0,
  lastEvaluationMs: undefined,
};

/** What ends the evaluation of a rule; the text is Prometheus's. */
export class RuleError extends Error {
  override readonly name: string = "RuleError";
}
