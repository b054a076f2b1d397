import { ClewError } from "@clew/base";

/** A fault in an expression, with where it is. */
export function exprError(source: string, position: number, what: string): ClewError {
  return new ClewError("EXPRESSION_INVALID", `${what} (1:${position}) in ${JSON.stringify(source)}`, {
    remedy: "correct the expression",
  });
}
