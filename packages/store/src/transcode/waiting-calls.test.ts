/** The table of halves of calls against a Map that does the same. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { newCallSide, WaitingCalls, type CallSide } from "./waiting-calls.ts";

/** Few, so that they meet again, and so that many lie in one slot. */
const ids = fc.tuple(fc.constantFrom(0, 1, 65_536, 0xffffffff), fc.nat({ max: 40 }));
const sides = fc.record<CallSide>({
  isCaller: fc.boolean(),
  service: fc.constantFrom("", "web", "cart"),
  startSeconds: fc.nat(),
  durationNanos: fc.double({ min: 0, max: 1e15, noNaN: true }),
  isError: fc.boolean(),
});

test("whatever is added and taken, it answers as a Map would", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), ids, sides), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (all) => {
      const waiting = new WaitingCalls();
      const model = new Map<string, CallSide>();
      for (const [adds, [low, high], side] of all) {
        const key = `${low} ${high}`;
        if (adds && !model.has(key)) {
          waiting.add(low, high, side);
          model.set(key, side);
          continue;
        }
        const found = newCallSide();
        expect(waiting.take(low, high, found)).toBe(model.has(key));
        expect(found).toEqual(model.get(key) ?? newCallSide());
        model.delete(key);
      }
    }),
    { numRuns: 50 },
  );
});

test("is full with 32,768, of which each is found; one that is taken makes room; cleared, it has none", () => {
  const waiting = new WaitingCalls();
  const side = { ...newCallSide(), service: "web" };
  let count = 0;
  for (; !waiting.isFull; count++) waiting.add(count * 4_099, count % 7, { ...side, startSeconds: count });
  expect(count).toBe(32_768);
  for (let i = 0; i < count; i += 2) {
    expect(waiting.take(i * 4_099, i % 7, side)).toBe(true);
    expect(side.startSeconds).toBe(i);
  }
  expect(waiting.isFull).toBe(false);
  for (let i = 1; i < count; i += 2) expect(waiting.take(i * 4_099, i % 7, side)).toBe(true);
  waiting.add(5, 5, side);
  waiting.clear();
  expect(waiting.take(5, 5, side)).toBe(false);
});
