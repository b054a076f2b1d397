/** Conditions of which one must hold, or all, with what happens when one fails. */
import type { Logger } from "../telemetry/logger.ts";
import type { Context } from "./context.ts";
import { OttlError } from "./ottl-error.ts";
import type { Condition, Outcome } from "./statement.ts";

/** What becomes of an error: logged and gone on, gone on, or told to the sender. */
export const ERROR_MODES = ["ignore", "silent", "propagate"] as const;
export type ErrorMode = (typeof ERROR_MODES)[number];

export class ConditionList {
  readonly #conditions: readonly Condition[];
  readonly #errorMode: ErrorMode;
  readonly #logger: Logger;

  constructor(conditions: readonly Condition[], errorMode: ErrorMode, logger: Logger) {
    this.#conditions = conditions;
    this.#errorMode = errorMode;
    this.#logger = logger;
  }

  get isEmpty(): boolean {
    return this.#conditions.length === 0;
  }

  get outcomes(): Outcome[] {
    return this.#conditions.map(({ outcome }) => outcome);
  }

  /** Whether one of them holds. Throws `OttlError` only in the mode `propagate`. */
  anyHolds(context: Context): boolean {
    for (const condition of this.#conditions) {
      try {
        if (condition.holds(context)) return true;
      } catch (error) {
        this.#failed(condition, error);
      }
    }
    return false;
  }

  #failed({ text }: Condition, error: unknown): void {
    if (!(error instanceof OttlError)) throw error;
    if (this.#errorMode === "propagate") {
      throw new OttlError(`failed to eval condition: ${text}, ${error.message}`, { cause: error });
    }
    if (this.#errorMode === "ignore") {
      this.#logger.warn("failed to eval condition", { error: error.message, condition: text });
    }
  }
}
