/** Texts made ready to run, which count what becomes of them. */
import type { BooleanNode, Statement as StatementNode } from "./ast.ts";
import { Compiler, type CompilerSettings } from "./compiler.ts";
import type { Context, Getter } from "./context.ts";
import { describeFault, OttlSyntaxError } from "./ottl-error.ts";
import type { OttlValue } from "./ottl-value.ts";
import { parseCondition, parseStatement, parseValue } from "./parser.ts";

/** What became of a statement or a condition, over all records. */
export interface Outcome {
  readonly text: string;
  /** How often it was looked at. */
  readonly evaluated: number;
  /** How often its condition held. */
  readonly matched: number;
  /** How often it changed something. */
  readonly changed: number;
  readonly errors: number;
}

interface Counts {
  evaluated: number;
  matched: number;
  changed: number;
  errors: number;
}

/** A fault in a text, told as one line with a caret under it. */
export interface Fault {
  readonly message: string;
  readonly remedy: string | undefined;
}

export class Statement {
  readonly text: string;
  readonly #condition: Getter<boolean>;
  readonly #editor: Getter<OttlValue>;
  readonly #counts: Counts = { evaluated: 0, matched: 0, changed: 0, errors: 0 };

  constructor(text: string, node: StatementNode, compiler: Compiler) {
    this.text = text;
    this.#editor = compiler.call(node.editor);
    this.#condition = node.where === undefined ? () => true : compiler.boolean(node.where);
  }

  get outcome(): Outcome {
    return { text: this.text, ...this.#counts };
  }

  /** Runs the editor where the condition holds, and tells whether it does. Throws `OttlError`. */
  run(context: Context): boolean {
    this.#counts.evaluated++;
    const before = context.changes;
    try {
      if (!this.#condition(context)) return false;
      this.#counts.matched++;
      this.#editor(context);
      return true;
    } catch (error) {
      this.#counts.errors++;
      throw error;
    } finally {
      if (context.changes !== before) this.#counts.changed++;
    }
  }
}

export class Condition {
  readonly text: string;
  readonly #holds: Getter<boolean>;
  readonly #counts: Counts = { evaluated: 0, matched: 0, changed: 0, errors: 0 };

  constructor(text: string, node: BooleanNode, compiler: Compiler) {
    this.text = text;
    this.#holds = compiler.boolean(node);
  }

  get outcome(): Outcome {
    return { text: this.text, ...this.#counts };
  }

  /** Throws `OttlError`. */
  holds(context: Context): boolean {
    this.#counts.evaluated++;
    try {
      const holds = this.#holds(context);
      if (holds) this.#counts.matched++;
      return holds;
    } catch (error) {
      this.#counts.errors++;
      throw error;
    }
  }
}

/** Throws `OttlTextError`. */
export function compileStatement(text: string, settings: CompilerSettings): Statement {
  return told("statement", text, () => new Statement(text, parseStatement(text), new Compiler(settings)));
}

/** Throws `OttlTextError`. */
export function compileCondition(text: string, settings: CompilerSettings): Condition {
  return told("condition", text, () => new Condition(text, parseCondition(text), new Compiler(settings)));
}

/** Throws `OttlTextError`. */
export function compileValue(text: string, settings: CompilerSettings): Getter<OttlValue> {
  return told("expression", text, () => new Compiler(settings).value(parseValue(text)));
}

/** A text that cannot be run, and why. */
export class OttlTextError extends Error implements Fault {
  override readonly name = "OttlTextError";
  readonly remedy: string | undefined;

  constructor(message: string, remedy: string | undefined) {
    super(message);
    this.remedy = remedy;
  }
}

function told<T>(kind: "statement" | "condition" | "expression", text: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OttlSyntaxError)) throw error;
    throw new OttlTextError(describeFault(kind, text, error), error.remedy);
  }
}
