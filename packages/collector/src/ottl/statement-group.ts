/** Statements that run one after the other on each record of one kind. */
import type { TelemetryView, Value } from "@clew/otlp";
import type { Logger } from "../telemetry/logger.ts";
import { ConditionList, type ErrorMode } from "./condition-list.ts";
import { Context } from "./context.ts";
import type { ContextName } from "./contexts.ts";
import { OttlError } from "./ottl-error.ts";
import type { Condition, Outcome, Statement } from "./statement.ts";
import { forEachRecord } from "./walk.ts";

export interface StatementGroupSettings {
  readonly context: ContextName;
  readonly statements: readonly Statement[];
  /** One of them must hold for a record, where there are any. */
  readonly conditions: readonly Condition[];
  readonly errorMode: ErrorMode;
  readonly logger: Logger;
}

export class StatementGroup {
  readonly context: ContextName;
  readonly #statements: readonly Statement[];
  readonly #conditions: ConditionList;
  readonly #errorMode: ErrorMode;
  readonly #logger: Logger;

  constructor({ context, statements, conditions, errorMode, logger }: StatementGroupSettings) {
    this.context = context;
    this.#statements = statements;
    this.#conditions = new ConditionList(conditions, errorMode, logger);
    this.#errorMode = errorMode;
    this.#logger = logger;
  }

  get outcomes(): Outcome[] {
    return [...this.#conditions.outcomes, ...this.#statements.map(({ outcome }) => outcome)];
  }

  /**
   * Runs on every record of the view. The cache is each record's own unless one is given.
   * Throws `OttlError` only in the mode `propagate`.
   */
  run(view: TelemetryView, client: Context["client"], sharedCache?: Map<string, Value>): void {
    const context = new Context();
    context.client = client;
    if (sharedCache !== undefined) context.cache = sharedCache;
    forEachRecord(view, this.context, context, () => {
      if (sharedCache === undefined && context.cache.size > 0) context.cache = new Map();
      this.#runOn(context);
    });
  }

  #runOn(context: Context): void {
    if (!this.#conditions.isEmpty && !this.#conditions.anyHolds(context)) return;
    for (const statement of this.#statements) {
      try {
        statement.run(context);
      } catch (error) {
        this.#failed(statement, error);
      }
    }
  }

  #failed({ text }: Statement, error: unknown): void {
    if (!(error instanceof OttlError)) throw error;
    if (this.#errorMode === "propagate") {
      throw new OttlError(`failed to execute statement: ${text}, ${error.message}`, { cause: error });
    }
    if (this.#errorMode === "ignore") {
      this.#logger.warn("failed to execute statement", { error: error.message, statement: text });
    }
  }
}
