/** Operators of expressions. Where operands do not fit a `TypeError` is thrown, as Go's expr does at run time. */
import { isMap, ownValue, typeName, type ExprValue } from "./value.ts";

/** How long a list `a..b` may be. */
const MAX_RANGE = 10_000;

export function truth(value: ExprValue): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`expected bool, but got ${typeName(value)}`);
}

export function equal(a: ExprValue, b: ExprValue): boolean {
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => equal(ownValue(a, key), ownValue(b, key)));
  }
  return a === b;
}

export function compare(operator: string, a: ExprValue, b: ExprValue): boolean {
  const isComparable = (isNumber(a) && isNumber(b)) || (typeof a === "string" && typeof b === "string");
  if (!isComparable) throw mismatch(operator, a, b);
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

/** `item in collection`: an item of a list, a key of a map. */
export function contains(collection: ExprValue, item: ExprValue): boolean {
  if (isNothing(collection)) return false;
  if (Array.isArray(collection)) return collection.some((one: ExprValue) => equal(one, item));
  if (isMap(collection)) return typeof item === "string" && Object.hasOwn(collection, item);
  throw mismatch("in", item, collection);
}

export function arithmetic(operator: string, a: ExprValue, b: ExprValue): ExprValue {
  if (operator === "+" && typeof a === "string" && typeof b === "string") return a + b;
  if (!isNumber(a) || !isNumber(b)) throw mismatch(operator, a, b);
  if (operator === "..") return range(Number(a), Number(b));
  if (operator === "/") return Number(a) / Number(b);
  if (operator === "**" || operator === "^") return Number(a) ** Number(b);
  if (typeof a === "bigint" && typeof b === "bigint") return integer(operator, a, b);
  if (operator === "%") throw mismatch(operator, a, b);
  const [left, right] = [Number(a), Number(b)];
  if (operator === "+") return left + right;
  return operator === "-" ? left - right : left * right;
}

function integer(operator: string, a: bigint, b: bigint): bigint {
  if (operator === "+") return BigInt.asIntN(64, a + b);
  if (operator === "-") return BigInt.asIntN(64, a - b);
  if (operator === "*") return BigInt.asIntN(64, a * b);
  if (b === 0n) throw new TypeError("integer divide by zero");
  return a % b;
}

function range(from: number, to: number): bigint[] {
  const length = Math.max(0, to - from + 1);
  if (length > MAX_RANGE) throw new TypeError(`range of more than ${MAX_RANGE} numbers`);
  return Array.from({ length }, (_none, i) => BigInt(Math.trunc(from) + i));
}

export function isNumber(value: ExprValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isNothing(value: ExprValue): value is null | undefined {
  return value === null || value === undefined;
}

function mismatch(operator: string, a: ExprValue, b: ExprValue): TypeError {
  return new TypeError(`invalid operation: ${operator} (mismatched types ${typeName(a)} and ${typeName(b)})`);
}
