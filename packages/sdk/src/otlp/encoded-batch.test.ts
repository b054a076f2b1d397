import { expect, test } from "vitest";
import { resourceFromAttributes } from "../index.ts";
import { decode, type Decoded } from "../otlp-schema.test-kit.ts";
import { EncodedBatch } from "./encoded-batch.ts";

const resource = resourceFromAttributes({});
const instrumentationScope = { name: "test" };

function setUp() {
  return new EncodedBatch<{ resource: typeof resource; instrumentationScope: { name: string }; name: string }>(
    (writer, field, { name }) => {
      const start = writer.begin(field);
      writer.string(5, name);
      if (name === "bad") throw new Error("cannot be written");
      writer.end(start);
    },
  );
}

function names(request: Uint8Array): string[] {
  const [{ scope_spans }] = decode("TracesRequest", request).resource_spans;
  return scope_spans[0].spans.map(({ name }: { name: string }) => name);
}

test("an item that cannot be written leaves no trace in the request", () => {
  const batch = setUp();
  batch.add({ resource, instrumentationScope, name: "a" });
  expect(() => batch.add({ resource, instrumentationScope, name: "bad" })).toThrow("cannot be written");
  batch.add({ resource, instrumentationScope, name: "b" });
  expect(batch.count).toBe(2);
  expect(names(batch.toRequest())).toEqual(["a", "b"]);
});

test("a batch that was cleared starts again", () => {
  const batch = setUp();
  batch.add({ resource, instrumentationScope, name: "a" });
  expect(names(batch.toRequest())).toEqual(["a"]);
  batch.clear();
  batch.add({ resource, instrumentationScope, name: "b" });
  expect(names(batch.toRequest())).toEqual(["b"]);
});

test("items of several scopes and resources stand under their own, each of which is written once", () => {
  const batch = setUp();
  const places = [
    { resource, instrumentationScope },
    { resource, instrumentationScope: { name: "other" } },
    { resource: resourceFromAttributes({ "service.name": "x".repeat(5_000) }), instrumentationScope },
  ];
  for (const round of ["a", "b"]) {
    for (const [i, place] of places.entries()) batch.add({ ...place, name: `${round}${i}` });
  }
  const { resource_spans } = decode("TracesRequest", batch.toRequest());
  const found = resource_spans.map(({ scope_spans }: Decoded) =>
    scope_spans.map(({ scope, spans }: Decoded) => [scope.name, ...spans.map(({ name }: Decoded) => name)]),
  );
  expect(found).toEqual([
    [
      ["test", "a0", "b0"],
      ["other", "a1", "b1"],
    ],
    [["test", "a2", "b2"]],
  ]);
});
