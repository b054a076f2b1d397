import type { Value } from "@clew/otlp";
import { defineEditor, type FunctionDefinition } from "../function-definition.ts";
import { OttlError } from "../ottl-error.ts";
import { flag, integer, mapTarget, optional, text } from "../parameters.ts";

/** Moves what stands in maps and lists to the top, under names of all the keys on the way. */
export const flatten: FunctionDefinition = defineEditor(
  "flatten",
  { target: mapTarget, prefix: optional(text), depth: optional(integer), resolveConflicts: optional(flag) },
  (args) => {
    if (args.depth !== undefined && args.depth < 1n) {
      throw new OttlError(`invalid depth '${args.depth}' for flatten function, must be greater than 0`);
    }
    const depth = args.depth === undefined ? Infinity : Number(args.depth);
    return (context) => {
      const flattening = new Flattening(depth, args.resolveConflicts ?? false);
      flattening.map(args.target.get(context), args.prefix ?? "", 0);
      args.target.set(context, flattening.result);
    };
  },
);

class Flattening {
  readonly result = new Map<string, Value>();
  readonly #depth: number;
  readonly #isResolving: boolean;
  // key --> the number that the next one of that name gets
  readonly #seen = new Map<string, number>();

  constructor(depth: number, isResolving: boolean) {
    this.#depth = depth;
    this.#isResolving = isResolving;
  }

  map(map: Iterable<readonly [string, Value]>, prefix: string, depth: number): void {
    for (const [key, value] of map) this.#value(prefix === "" ? key : `${prefix}.${key}`, value, depth);
  }

  #value(key: string, value: Value, depth: number): void {
    if (value instanceof Map && depth < this.#depth) return this.map(value, key, depth + 1);
    if (Array.isArray(value) && depth < this.#depth) return this.#list(key, value, depth);
    this.#put(key, value);
  }

  #list(key: string, list: readonly Value[], depth: number): void {
    for (const [i, value] of list.entries()) {
      const isInner = depth + 1 < this.#depth;
      if (value instanceof Map && isInner) this.map(value, `${key}.${i}`, depth + 2);
      // A list in a list loses the dot before its index, as in the original.
      else if (Array.isArray(value) && isInner) {
        for (const [j, inner] of (value as Value[]).entries()) this.#value(`${key}.${i}${j}`, inner, depth + 3);
      } else this.#put(this.#isResolving ? key : `${key}.${i}`, value);
    }
  }

  #put(key: string, value: Value): void {
    const count = this.#seen.get(key);
    if (!this.#isResolving || !this.result.has(key)) {
      this.#seen.set(key, 0);
      this.result.set(key, value);
      return;
    }
    this.#seen.set(key, (count ?? 0) + 1);
    this.result.set(`${key}.${count ?? 0}`, value);
  }
}
