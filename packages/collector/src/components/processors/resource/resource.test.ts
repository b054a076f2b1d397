import { decode, encode, Resource, type ResourceObject } from "@clew/otlp";
import { expect, test } from "vitest";
import { attributesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { compileActions } from "./resource.ts";

/** Runs the actions on a resource `a=1, b=x` with 3 dropped attributes; returns its attributes in order. */
function edited(...actions: object[]): unknown[] | undefined {
  const place = new Place("", []);
  const { attributes } = schema.read({ attributes: actions }, place);
  expect(place.problems).toEqual([]);
  const before = encode(Resource, { attributes: attributesOf({ a: 1, b: "x" }), droppedAttributesCount: 3 });
  const after = compileActions(attributes)(before);
  if (after === undefined) return undefined;
  const resource = decode(Resource, after) as unknown as ResourceObject;
  expect(resource.droppedAttributesCount).toBe(3);
  return resource.attributes.map(({ key, value }) => [key, ...Object.values(value ?? {})]);
}

test.each([
  [
    "insert",
    "c",
    [
      ["a", 1n],
      ["b", "x"],
      ["c", "new"],
    ],
  ],
  ["insert", "a", undefined],
  [
    "update",
    "a",
    [
      ["b", "x"],
      ["a", "new"],
    ],
  ],
  ["update", "c", undefined],
  [
    "upsert",
    "a",
    [
      ["b", "x"],
      ["a", "new"],
    ],
  ],
  [
    "upsert",
    "c",
    [
      ["a", 1n],
      ["b", "x"],
      ["c", "new"],
    ],
  ],
])("%s of %s", (action, key, expected) => {
  expect(edited({ action, key, value: "new" })).toEqual(expected);
});

test("deletes, and copies from another attribute, in the order given", () => {
  expect(edited({ action: "insert", key: "c", from_attribute: "a" }, { action: "delete", key: "a" })).toEqual([
    ["b", "x"],
    ["c", 1n],
  ]);
  expect(edited({ action: "upsert", key: "c", from_attribute: "nothing" })).toBeUndefined();
});

test("writes values of every kind", () => {
  const values = [true, 7, 1.5, ["p", 1], { k: false }];
  const actions = values.map((value, i) => ({ action: "insert", key: `v${i}`, value }));
  expect(
    edited(...actions)
      ?.slice(2)
      .map((attribute) => (attribute as unknown[])[1]),
  ).toEqual([
    true,
    7n,
    1.5,
    { values: [{ stringValue: "p" }, { intValue: 1n }] },
    { values: [{ key: "k", value: { boolValue: false } }] },
  ]);
});

test("tells every fault of its configuration at once", () => {
  const place = new Place("processors::resource", []);
  schema.read(
    { attributes: [{ action: "insert", key: "a" }, { action: "hash", key: "b" }, { action: "delete" }] },
    place,
  );
  expect(place.problems.map(({ path }) => path)).toEqual([
    "processors::resource::attributes::0",
    "processors::resource::attributes::1::action",
    "processors::resource::attributes::2",
  ]);
});
