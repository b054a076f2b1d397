import { expect, test } from "vitest";
import { parseSize } from "./size.ts";

test.each([
  ["0", 0],
  ["1024", 1024],
  ["512MiB", 512 * 1_048_576],
  ["20GB", 20_000_000_000],
  ["1.5 gib", 1_610_612_736],
])("%s is %i bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "GB", "-1GB", "1PB", "1e3", "two"])("%j is no size", (text) => {
  expect(() => parseSize(text)).toThrow(expect.objectContaining({ code: "SIZE_INVALID" }));
});
