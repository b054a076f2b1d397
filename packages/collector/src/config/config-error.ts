import { ClewError } from "@clew/base";
import type { ConfigProblem, Position } from "../schema/place.ts";

/** Everything that is wrong with a configuration, code `CONFIG_INVALID`, each with where it is written. */
export class ConfigError extends ClewError {
  override readonly name: string = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  /** `unsetVariables` are told too, since a setting that is empty may be so for one of them. */
  constructor(
    problems: readonly ConfigProblem[],
    positionOf: (path: string) => Position | undefined,
    unsetVariables: readonly string[] = [],
  ) {
    const located = problems.map((one) => ({ ...one, position: one.position ?? positionOf(one.at ?? one.path) }));
    const unset = unsetVariables.map((name) => `\n  environment variable ${name} is not set, and so empty`);
    super(
      "CONFIG_INVALID",
      `invalid configuration:${[...located.map((one) => `\n  ${lineOf(one)}`), ...unset].join("")}`,
    );
    this.problems = located;
  }
}

/** `config.yaml:12:5: processors::batch::timeout: expected …`, as compilers write it, so that editors find it. */
function lineOf({ path, what, remedy, position }: ConfigProblem): string {
  const source = position === undefined || position.source === "" ? "" : `${position.source}:`;
  const at = position === undefined || source === "" ? "" : `${source}${position.line}:${position.column}: `;
  const where = path === "" ? "" : `${path}: `;
  return `${at}${where}${what}${remedy === undefined ? "" : ` (${remedy})`}`;
}
