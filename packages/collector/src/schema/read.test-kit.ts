import { expect } from "vitest";
import { Place } from "./place.ts";
import type { Schema } from "./schema.ts";

/** What a schema reads of a configuration that must have no faults. */
export function readWhole<T>(schema: Schema<T>, config: object): T {
  const place = new Place("", []);
  const read = schema.read(config, place);
  expect(place.problems).toEqual([]);
  return read;
}

/** What is wrong with a configuration. */
export function problemsIn(schema: Schema<unknown>, config: object): string[] {
  const place = new Place("", []);
  schema.read(config, place);
  return place.problems.map(({ what }) => what);
}
