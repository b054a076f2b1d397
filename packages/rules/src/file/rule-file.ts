/** A rule file as it was written, checked. Durations are milliseconds. */
export interface RuleGroupConfig {
  readonly name: string;
  /** Absent: the evaluation interval of the whole. */
  readonly intervalMs: number | undefined;
  readonly queryOffsetMs: number | undefined;
  /** The most series or alerts that a rule may give; 0 for any number. */
  readonly limit: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly RuleConfig[];
}

export interface RuleConfig {
  readonly kind: "recording" | "alerting";
  /** The metric's or the alert's name. */
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
