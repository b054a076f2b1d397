/** The language's comparison rules. Values of different kinds are unequal, never an error. */
import { AttributesView } from "@clew/otlp";
import type { CompareOperator } from "./ast.ts";
import { Duration, Id, Time, type OttlMap, type OttlValue } from "./ottl-value.ts";

export function compare(left: OttlValue, right: OttlValue, operator: CompareOperator): boolean {
  const order = orderOf(left, right);
  if (order !== undefined) return holds(order, operator);
  if (operator === "==") return isEqual(left, right);
  if (operator === "!=") return !isEqual(left, right);
  return left === null && right === null && (operator === "<=" || operator === ">=");
}

/** Less than, equal to or greater than 0; NaN beside NaN; undefined where the two have no order. */
function orderOf(left: OttlValue, right: OttlValue): number | undefined {
  if (typeof left === "string") return typeof right === "string" ? order(left, right) : undefined;
  if (typeof left === "bigint" || typeof left === "number") return orderOfNumbers(left, right);
  if (typeof left === "boolean") return typeof right === "boolean" ? Number(left) - Number(right) : undefined;
  if (left instanceof Uint8Array) return right instanceof Uint8Array ? Buffer.compare(left, right) : undefined;
  if (left instanceof Time) return right instanceof Time ? order(left.unixNano, right.unixNano) : undefined;
  if (left instanceof Duration) return right instanceof Duration ? order(left.nanos, right.nanos) : undefined;
  return undefined;
}

function orderOfNumbers(left: bigint | number, right: OttlValue): number | undefined {
  if (typeof right !== "bigint" && typeof right !== "number") return undefined;
  if (typeof left === typeof right) return order(left, right);
  return order(Number(left), Number(right));
}

function order<T extends string | bigint | number>(left: T, right: T): number {
  if (left === right) return 0;
  if (typeof left === "string") return orderOfTexts(left, right as string);
  return left < right ? -1 : left > right ? 1 : Number.NaN;
}

/** By UTF-8 bytes, as Go orders strings. UTF-16 orders differently only beyond the basic plane. */
function orderOfTexts(left: string, right: string): number {
  const surrogate = /[\ud800-\udfff]/;
  if (!surrogate.test(left) && !surrogate.test(right)) return left < right ? -1 : 1;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function holds(order: number, operator: CompareOperator): boolean {
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

/** Whether the two are of one kind and hold the same, down to what is in lists and maps. */
export function isEqual(left: OttlValue, right: OttlValue): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  const known = orderOf(left, right);
  if (known !== undefined) return known === 0;
  if (left instanceof Id) return right instanceof Id && Buffer.compare(left.bytes, right.bytes) === 0;
  if (Array.isArray(left)) return Array.isArray(right) && isEqualList(left as OttlValue[], right as OttlValue[]);
  if (left instanceof Map || left instanceof AttributesView) return isEqualMap(left, right);
  return false;
}

function isEqualList(left: readonly OttlValue[], right: readonly OttlValue[]): boolean {
  return left.length === right.length && left.every((one, i) => isSame(one, right[i]!));
}

function isEqualMap(left: OttlMap, right: OttlValue): boolean {
  if (!(right instanceof Map || right instanceof AttributesView) || left.size !== right.size) return false;
  for (const [key, value] of left) {
    const other = right.get(key);
    if (other === undefined || !isSame(value, other)) return false;
  }
  return true;
}

/** Inside lists and maps an integer is not a float. */
function isSame(left: OttlValue, right: OttlValue): boolean {
  return typeof left === typeof right && isEqual(left, right);
}
