/** Settings that hold statements or conditions: each text is checked where it stands. */
import type { Environment } from "./function-definition.ts";
import type { Place } from "../schema/place.ts";
import { describeFault, OttlSyntaxError } from "./ottl-error.ts";
import { OttlTextError } from "./statement.ts";

/** Stands in for the world while texts are only checked. */
export const CHECK_ENVIRONMENT: Environment = {
  nowMs: () => 0,
  random: () => 0,
  logger: {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: () => {},
    with() {
      return this;
    },
    encodedAs() {
      return this;
    },
  },
};

/** Runs `compile`; tells at `place` what is wrong with the text. */
export function checkText<T>(
  place: Place,
  kind: "statement" | "condition" | "expression",
  text: string,
  compile: () => T,
): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof OttlTextError) place.problem(error.message, error.remedy);
    else if (error instanceof OttlSyntaxError) place.problem(describeFault(kind, text, error), error.remedy);
    else throw error;
    return undefined;
  }
}
