/** What happens to payloads while the spool is full. */
import { beforeEach, expect, test } from "vitest";
import { systemClock } from "@clew/base";
import { SpoolRoom } from "./spool-room.ts";

const LIMIT = 100;
let used: number;
let isDraining: boolean;
let look: (() => void) | undefined;
let room: SpoolRoom;

beforeEach(() => {
  used = 90;
  isDraining = true;
  look = undefined;
  const after = (_delayMs: number, task: () => void): (() => void) => {
    look = task;
    return () => (look = undefined);
  };
  room = new SpoolRoom({
    limitBytes: LIMIT,
    usedBytes: () => used,
    isDraining: () => isDraining,
    clock: { ...systemClock, after },
  });
});

/** Asks for room; the list has the name of whoever got it, or with `!` whoever was refused. */
const outcomes: string[] = [];
async function ask(name: string, byteLength: number): Promise<void> {
  await room.for(byteLength).then(
    () => outcomes.push(name),
    (error: { code?: string }) => outcomes.push(`${name}!${error.code}`),
  );
}

async function lookAgain(times = 1): Promise<string[]> {
  for (let i = 0; i < times; i++) {
    const due = look;
    look = undefined;
    due?.();
  }
  await new Promise((resolve) => setImmediate(resolve));
  return outcomes.splice(0);
}

test("what fits goes in at once; the rest waits, and goes in as it came, as far as there is room", async () => {
  for (const [name, byteLength] of Object.entries({ a: 10, b: 30, c: 40, d: 5 })) void ask(name, byteLength);
  expect(await lookAgain()).toEqual(["a"]);
  used = 60;
  expect(await lookAgain()).toEqual(["b"]);
  used = 20;
  expect(await lookAgain()).toEqual(["c", "d"]);
  expect(look).toBeUndefined();
});

test("nobody passes those who wait, however small", async () => {
  void ask("large", 60);
  void ask("small", 1);
  expect(await lookAgain(3)).toEqual([]);
  used = 0;
  expect(await lookAgain()).toEqual(["large", "small"]);
});

test("who waits for five seconds is refused, and not those who came later", async () => {
  void ask("first", 60);
  expect(await lookAgain(249)).toEqual([]);
  void ask("second", 60);
  expect(await lookAgain(1)).toEqual(["first!STORE_SPOOL_FULL"]);
  expect(await lookAgain(248)).toEqual([]);
  expect(await lookAgain(1)).toEqual(["second!STORE_SPOOL_FULL"]);
});

test("nobody waits where no room will come: for more than the limit, or while nothing is stored", async () => {
  void ask("too large", 101);
  void ask("waits", 20);
  expect(await lookAgain()).toEqual(["too large!STORE_SPOOL_FULL"]);
  isDraining = false;
  void ask("late", 20);
  expect(await lookAgain()).toEqual(["late!STORE_SPOOL_FULL", "waits!STORE_SPOOL_FULL"]);
});

test("closing refuses whoever waits", async () => {
  void ask("waits", 20);
  room.close();
  expect(await lookAgain()).toEqual(["waits!STORE_SPOOL_FULL"]);
  expect(look).toBeUndefined();
});
