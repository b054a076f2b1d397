/** What came of each instrumentation, to tell people why they see spans or see none. */

export type Outcome = "instrumented" | "not instrumented" | "waiting" | "warning";

interface Finding {
  readonly outcome: Outcome;
  readonly what: string;
  readonly why: string | undefined;
}

export class Report {
  // what it is about --> the newest finding
  readonly #findings = new Map<string, Finding>();

  tell(outcome: Outcome, what: string, why?: string): void {
    this.#findings.set(what, { outcome, what, why });
  }

  /** One line for everything: `instrumented: console; not instrumented: pg (disabled …); waiting to be used: koa`. */
  summary(): string {
    const parts = (["instrumented", "not instrumented", "waiting"] as const).map((outcome) => {
      const texts = this.#of(outcome).map(({ what, why }) => (why === undefined ? what : `${what} (${why})`));
      const label = outcome === "waiting" ? "waiting to be used" : outcome;
      return texts.length === 0 ? undefined : `${label}: ${texts.join(", ")}`;
    });
    return parts.filter((part) => part !== undefined).join("; ");
  }

  /** A line for each finding. */
  explanation(): string {
    const lines = [...this.#findings.values()].map(
      ({ outcome, what, why }) =>
        `  ${outcome.padEnd("not instrumented".length)}  ${what}${why === undefined ? "" : `: ${why}`}`,
    );
    return `OpenTelemetry instrumentation of process ${process.pid}:\n${lines.join("\n")}`;
  }

  #of(outcome: Outcome): Finding[] {
    return [...this.#findings.values()].filter((finding) => finding.outcome === outcome);
  }
}
