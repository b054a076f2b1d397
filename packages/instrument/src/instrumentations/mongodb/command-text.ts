/** What may be told of a MongoDB command: its shape, with every value replaced by `?`. */

/** Of the session and the cluster, not of the application. */
const LEFT_OUT: ReadonlySet<string> = new Set(["lsid", "txnNumber", "startTransaction", "autocommit", "signature"]);
/** The lists that hold one thing many times, so that the first of them tells enough. */
const LISTS: ReadonlySet<string> = new Set(["documents", "updates", "deletes", "ops", "nsInfo"]);
const MAX_DEPTH = 8;
/** Keys and elements together; what comes after them is left out. */
const MAX_PARTS = 256;

export type Command = Readonly<Record<string, unknown>>;

interface Budget {
  parts: number;
}

/** JSON: `{"find":"orders","filter":{"article":"?"}}`. The command's first value is a collection's name, which stays. */
export function textOfCommand(command: Command, operation: string): string {
  const budget = { parts: MAX_PARTS };
  const shape: Record<string, unknown> = {};
  for (const key in command) {
    if (key.startsWith("$") || LEFT_OUT.has(key) || --budget.parts < 0) continue;
    const value = command[key];
    const isName = (key === operation || key === "collection") && typeof value === "string";
    if (isName) shape[key] = value;
    else
      shape[key] = LISTS.has(key) ? documentsOf(value).slice(0, 1).map(shapeIn(budget, 1)) : shapeOf(value, budget, 1);
  }
  return JSON.stringify(shape);
}

/** The elements of a list, or of what the driver sends beside the command in place of one. */
export function documentsOf(value: unknown): readonly unknown[] {
  const list: unknown = Array.isArray(value) ? value : (value as { readonly documents?: unknown } | null)?.documents;
  return Array.isArray(list) ? list : [];
}

function shapeIn(budget: Budget, depth: number): (value: unknown) => unknown {
  return (value) => shapeOf(value, budget, depth);
}

function shapeOf(value: unknown, budget: Budget, depth: number): unknown {
  if (depth > MAX_DEPTH) return "?";
  if (Array.isArray(value)) {
    // Of plain values, any number reads the same.
    if (value.every((one) => !isDocument(one) && !Array.isArray(one))) return value.length === 0 ? [] : ["?"];
    return value.slice(0, Math.max(0, budget.parts)).map((one) => {
      budget.parts--;
      return shapeOf(one, budget, depth + 1);
    });
  }
  if (!isDocument(value)) return "?";
  const shape: Record<string, unknown> = {};
  for (const key in value) {
    if (--budget.parts < 0) break;
    shape[key] = shapeOf(value[key], budget, depth + 1);
  }
  return shape;
}

/** Ids, dates and such are values. */
function isDocument(value: unknown): value is Command {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
