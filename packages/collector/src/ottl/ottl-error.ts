/** What can be wrong with a statement's text, and what can go wrong while it runs. */

/** Raised while a statement runs on one record; its texts are the original's. */
export class OttlError extends Error {
  override readonly name: string = "OttlError";
}

/** A value that is of another kind than asked for, which `IsString` and its kin answer with false. */
export class OttlTypeError extends OttlError {
  override readonly name = "OttlTypeError";
}

/** A fault in a text, at an offset of it. */
export class OttlSyntaxError extends Error {
  override readonly name = "OttlSyntaxError";
  readonly offset: number;
  /** Whether the grammar is broken, not only what was said in it. */
  readonly isGrammar: boolean;
  readonly remedy: string | undefined;

  constructor(offset: number, message: string, { isGrammar = false, remedy }: SyntaxErrorDetails = {}) {
    super(message);
    this.offset = offset;
    this.isGrammar = isGrammar;
    this.remedy = remedy;
  }

  /** The same fault, told with what was being done. */
  within(context: string): OttlSyntaxError {
    const { isGrammar, remedy } = this;
    return new OttlSyntaxError(this.offset, `${context}: ${this.message}`, { isGrammar, remedy });
  }
}

interface SyntaxErrorDetails {
  readonly isGrammar?: boolean;
  readonly remedy?: string | undefined;
}

/** How many characters of the text an error quotes, as the original does. */
const QUOTED_LENGTH = 10;

/** The whole text of a fault: the original's sentence, then the line with a caret under the place. */
export function describeFault(
  kind: "statement" | "condition" | "expression",
  text: string,
  fault: OttlSyntaxError,
): string {
  const near = text.slice(fault.offset, fault.offset + QUOTED_LENGTH).trim();
  const what = fault.isGrammar ? "has invalid syntax" : "failed to parse";
  const where = near === "" ? "" : ` near \`${near}\``;
  const { line, column, source } = placeOf(text, fault.offset);
  const sentence = `unable to parse OTTL ${kind} ${JSON.stringify(text)}: ${kind} ${what}${where}: ${fault.message}`;
  return `${sentence}\n    at ${line}:${column}\n    ${source}\n    ${" ".repeat(column - 1)}^`;
}

function placeOf(text: string, offset: number): { line: number; column: number; source: string } {
  const before = text.slice(0, offset).split("\n");
  const column = before.at(-1)!.length + 1;
  return { line: before.length, column, source: text.split("\n")[before.length - 1] ?? "" };
}
