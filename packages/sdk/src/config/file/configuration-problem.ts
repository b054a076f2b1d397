/** What is wrong in a configuration file, or only doubtful. */
export interface ConfigurationProblem {
  /** Such as `tracer_provider.processors[0].batch.schedule_delay`; empty for the file as a whole. */
  readonly path: string;
  /** What was expected and what is there. */
  readonly message: string;
  /** A warning leaves the file usable. */
  readonly severity: "error" | "warning";
}

export function problemText({ path, message }: ConfigurationProblem): string {
  return path === "" ? message : `${path}: ${message}`;
}
