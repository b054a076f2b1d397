import { expect, test } from "vitest";
import { Labels } from "./labels.ts";
import { ratioOffset } from "./ratio-sampler.ts";

// Expected values are XXH64, by the reference implementation (`xxhsum -H64`), of the labels' lengths and texts.
test.each([
  { labels: { a: "b" }, hash: 0xe1d7c42746d86b11n },
  { labels: { __name__: "http_requests", instance: "0" }, hash: 0x60d69263c0eeb83fn },
  { labels: { v: "x".repeat(300) }, hash: 0x4218b70b2f39f84en },
])("the place of $labels is its hash of 64 bits as a fraction", ({ labels, hash }) => {
  expect(ratioOffset(Labels.of(labels as Record<string, string>))).toBe(Number(hash) / 2 ** 64);
});
