import { expect, test } from "vitest";
import { Turnstile } from "./turnstile.ts";

test("no more than so many run at once, in the order in which they came; a failure makes room too", async () => {
  const turnstile = new Turnstile(2);
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const run = (n: number): Promise<void> =>
    turnstile.run(async () => {
      started.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n === 1) throw new Error("of the first");
    });
  const [first, ...others] = [1, 2, 3, 4].map(run);
  expect(started).toEqual([1, 2]);
  ends[0]?.();
  await expect(first).rejects.toThrow("of the first");
  await expect.poll(() => started).toEqual([1, 2, 3]);
  for (let i = 1; i < 4; i++) {
    await expect.poll(() => ends.length).toBeGreaterThan(i);
    ends[i]?.();
  }
  await Promise.all(others);
});

test("whoever gave up while waiting is passed over", async () => {
  const turnstile = new Turnstile(1);
  let end = (): void => {};
  const holding = turnstile.run(() => new Promise<void>((resolve) => (end = resolve)));
  const controller = new AbortController();
  let ran = false;
  const given = turnstile.run(async () => void (ran = true), controller.signal);
  controller.abort(new Error("no more"));
  end();
  await holding;
  await expect(given).rejects.toThrow("no more");
  expect([ran, await turnstile.run(async () => "next")]).toEqual([false, "next"]);
});

test("who enters keeps the place until it is given up, once", async () => {
  const turnstile = new Turnstile(2);
  const entered: number[] = [];
  const leaves = [0, 1, 2, 3].map(async (i) => {
    const leave = await turnstile.enter();
    entered.push(i);
    return leave;
  });
  const first = await leaves[0];
  expect(entered).toEqual([0, 1]);
  first?.();
  first?.();
  await leaves[2];
  expect(entered).toEqual([0, 1, 2]);
  (await leaves[1])?.();
  await leaves[3];
  expect(entered).toEqual([0, 1, 2, 3]);
});
