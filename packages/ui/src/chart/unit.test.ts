import { expect, test } from "vitest";
import { formatTick, unitOf } from "./unit.ts";

test("writes durations in the unit that suits their size", () => {
  expect(unitOf("s").format(0.25)).toBe("250ms");
  expect(unitOf("ms").format(1_500)).toBe("1.50s");
  expect(unitOf("s").format(0)).toBe("0");
});

test("writes bytes by powers of two, and rates per second", () => {
  expect(unitOf("By").format(1_536)).toBe("1.50KiB");
  expect(unitOf("By", true).format(2_048)).toBe("2.00KiB/s");
  expect(unitOf("{order}", true).format(12)).toBe("12 order/s");
  expect(unitOf("1", true).format(0.5)).toBe("0.50/s");
  expect(unitOf("").format(3)).toBe("3");
});

test("leaves out of a tick what says nothing", () => {
  expect(formatTick(1.5, unitOf("s"))).toBe("1.5s");
  expect(formatTick(2, unitOf("s"))).toBe("2s");
  expect(formatTick(0.5, unitOf("{order}", true))).toBe("0.5");
  expect(formatTick(10, unitOf("1"))).toBe("10");
  expect(formatTick(100, unitOf("1"))).toBe("100");
});
