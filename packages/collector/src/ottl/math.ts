/** Calculating with int64, float64, times and durations, as Go does. */
import type { MathOperator } from "./ast.ts";
import { constant, type Getter } from "./context.ts";
import { fmtValue } from "./format/fmt.ts";
import { OttlError } from "./ottl-error.ts";
import { Duration, goType, int64, Time, type OttlValue } from "./ottl-value.ts";

export function calculate(
  left: Getter<OttlValue>,
  operator: MathOperator,
  right: Getter<OttlValue>,
): Getter<OttlValue> {
  return (context) => result(left(context), operator, right(context));
}

export function negated(operand: Getter<OttlValue>): Getter<OttlValue> {
  const known = operand.constant?.value;
  if (typeof known === "bigint" || typeof known === "number") return constant<OttlValue>(minus(known));
  return (context) => {
    const value = operand(context);
    if (typeof value === "bigint" || typeof value === "number") return minus(value);
    throw new OttlError(`unsupported unary minus operation on type ${goType(value)}`);
  };
}

function minus(value: bigint | number): bigint | number {
  return typeof value === "bigint" ? int64(-value) : -value;
}

function result(left: OttlValue, operator: MathOperator, right: OttlValue): OttlValue {
  if (typeof left === "bigint" || typeof left === "number") return ofNumbers(left, operator, right);
  if (left instanceof Time) return ofTime(left, operator, right);
  if (left instanceof Duration) return ofDuration(left, operator, right);
  throw new OttlError(`${fmtValue(left)} must be int64, float64, time.Time or time.Duration`);
}

function ofNumbers(left: bigint | number, operator: MathOperator, right: OttlValue): bigint | number {
  if (typeof right !== "bigint" && typeof right !== "number") {
    throw new OttlError(`${fmtValue(right)} must be int64 or float64`);
  }
  if (operator === "/" && Number(right) === 0) throw new OttlError("attempted to divide by 0");
  if (typeof left === "bigint" && typeof right === "bigint") return int64(ofInts(left, operator, right));
  return ofFloats(Number(left), operator, Number(right));
}

function ofInts(left: bigint, operator: MathOperator, right: bigint): bigint {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      return left / right;
  }
}

function ofFloats(left: number, operator: MathOperator, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      return left / right;
  }
}

const ONLY_ADDITION = "only addition and subtraction supported for time.Time and time.Duration";

function ofTime(left: Time, operator: MathOperator, right: OttlValue): OttlValue {
  if (operator === "+") {
    if (right instanceof Duration) return new Time(left.unixNano + right.nanos, left.zone);
    throw new OttlError(`time.Time must be added to time.Duration; found ${fmtValue(right)} instead`);
  }
  if (operator !== "-") throw new OttlError(ONLY_ADDITION);
  if (right instanceof Time) return new Duration(left.unixNano - right.unixNano);
  if (right instanceof Duration) return new Time(left.unixNano - right.nanos, left.zone);
  throw new OttlError(`time.Time or time.Duration must be subtracted from time.Time; found ${fmtValue(right)} instead`);
}

function ofDuration(left: Duration, operator: MathOperator, right: OttlValue): OttlValue {
  if (operator === "+") {
    if (right instanceof Duration) return new Duration(left.nanos + right.nanos);
    if (right instanceof Time) return new Time(right.unixNano + left.nanos, right.zone);
    throw new OttlError(`time.Duration must be added to time.Duration or time.Time; found ${fmtValue(right)} instead`);
  }
  if (operator !== "-") throw new OttlError(ONLY_ADDITION);
  if (right instanceof Duration) return new Duration(left.nanos - right.nanos);
  throw new OttlError(`time.Duration must be subtracted from time.Duration; found ${fmtValue(right)} instead`);
}
