import type { Duration } from "./ast.ts";
import { parseError } from "./parse-error.ts";
import { TokenReader } from "./token-reader.ts";
import type { Token } from "./tokens.ts";

const LONGEST_SECONDS = 2 ** 63 / 1e9;
const SUM = 1;
const PRODUCT = 2;
const POWER = 3;
const PRECEDENCE: Readonly<Record<string, number>> = {
  "+": SUM,
  "-": SUM,
  "*": PRODUCT,
  "/": PRODUCT,
  "%": PRODUCT,
  "^": POWER,
};
const STARTS: ReadonlySet<string> = new Set("number duration step range min_of max_of ( + -".split(" "));

/** Reads the durations in brackets and after `offset`. */
export class DurationParser extends TokenReader {
  protected startsDuration(): boolean {
    return STARTS.has(this.peek.kind);
  }

  protected positiveDuration(): Duration {
    const duration = this.#sum(0);
    if (duration.kind === "literal" && duration.seconds <= 0) {
      throw parseError(this.query, duration.position, "duration must be greater than 0");
    }
    return duration;
  }

  /** After `offset` a calculation stands in parentheses: `offset 1m + 2` adds 2 to the selector's values. */
  protected offsetDuration(): Duration {
    if (this.peek.kind !== "+" && this.peek.kind !== "-") return this.#operand();
    const { kind } = this.peekAfter;
    return this.#signed(POWER + 1, kind === "number" || kind === "duration" ? this.peek : undefined);
  }

  #sum(minimum: number): Duration {
    this.enter();
    let left = this.#operand();
    for (;;) {
      const operator = this.peek;
      const precedence = PRECEDENCE[operator.kind];
      if (precedence === undefined || precedence < minimum) break;
      this.next();
      const right = this.#sum(operator.kind === "^" ? precedence : precedence + 1);
      this.#checkDivisor(operator, right);
      const position = { start: left.position.start, end: right.position.end };
      left = { kind: "calculated", operator: operator.kind as "+", left, right, position };
    }
    this.leave();
    return left;
  }

  #checkDivisor(operator: Token, right: Duration): void {
    if (right.kind !== "literal" || right.seconds !== 0) return;
    if (operator.kind === "/") throw parseError(this.query, operator, "division by zero");
    if (operator.kind === "%") throw parseError(this.query, operator, "modulo by zero");
  }

  #operand(): Duration {
    const token = this.peek;
    if (token.kind === "+" || token.kind === "-") return this.#signed(PRODUCT + 1);
    if (token.kind === "(") return this.#grouped();
    if (token.kind === "step" || token.kind === "range") return this.#preprocessor(token.kind);
    if (token.kind === "min_of" || token.kind === "max_of") return this.#choice(token.kind);
    if (token.kind !== "number" && token.kind !== "duration") throw this.unexpected();
    this.next();
    const seconds = this.numberOf(token);
    const position = { start: token.start, end: token.end };
    if (Math.abs(seconds) > LONGEST_SECONDS) throw parseError(this.query, position, "duration out of range");
    return { kind: "literal", seconds, isDuration: token.kind === "duration", position };
  }

  /** `faultsAt`: where a number that is too large is told of; absent, it is the number's place. */
  #signed(minimum: number, faultsAt?: Token): Duration {
    const sign = this.next();
    if (faultsAt !== undefined && Math.abs(this.numberOf(this.peek)) > LONGEST_SECONDS)
      throw parseError(this.query, faultsAt, "duration out of range");
    const operand = this.#sum(minimum);
    const position = { start: sign.start, end: operand.position.end };
    if (sign.kind === "+") return operand;
    if (operand.kind === "literal") return { ...operand, seconds: -operand.seconds, position };
    return { kind: "negated", operand, position };
  }

  #grouped(): Duration {
    const open = this.expect("(");
    const operand = this.#sum(0);
    const close = this.expect(")");
    return { kind: "grouped", operand, position: { start: open.start, end: close.end } };
  }

  #preprocessor(kind: "step" | "range"): Duration {
    const word = this.next();
    this.expect("(");
    const close = this.expect(")");
    return { kind, position: { start: word.start, end: close.end } };
  }

  #choice(operator: "min_of" | "max_of"): Duration {
    const word = this.next();
    this.expect("(");
    const left = this.#sum(0);
    this.expect(",");
    const right = this.#sum(0);
    const close = this.expect(")");
    return { kind: "calculated", operator, left, right, position: { start: word.start, end: close.end } };
  }
}
