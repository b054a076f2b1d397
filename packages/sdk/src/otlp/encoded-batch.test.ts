import { expect, test } from "vitest";
import { resourceFromAttributes } from "../index.ts";
import { decode } from "../otlp-schema.test-kit.ts";
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
  const first = batch.toRequest();
  batch.clear();
  batch.add({ resource, instrumentationScope, name: "b" });
  expect([names(first), names(batch.toRequest())]).toEqual([["a"], ["b"]]);
});
