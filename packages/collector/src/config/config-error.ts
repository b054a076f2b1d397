import { ClewError } from "@clew/base";
import type { ConfigProblem } from "../schema/place.ts";

/** Everything that is wrong with a configuration, code `CONFIG_INVALID`. */
export class ConfigError extends ClewError {
  override readonly name: string = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super("CONFIG_INVALID", `invalid configuration:${problems.map((one) => `\n  ${lineOf(one)}`).join("")}`);
    this.problems = problems;
  }
}

function lineOf({ path, what, remedy }: ConfigProblem): string {
  const where = path === "" ? "" : `${path}: `;
  return `${where}${what}${remedy === undefined ? "" : ` (${remedy})`}`;
}
