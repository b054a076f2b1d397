import { expect, test } from "vitest";
import { settled } from "../../../sdk/src/manual-clock.test-kit.ts";
import { turns } from "./turns.ts";

test("so many run at once, the others in their order, and one that fails makes room like any other", async () => {
  const inTurn = turns(2);
  const running: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const begin = (name: string): Promise<void> =>
    inTurn(
      () =>
        new Promise<void>((resolve, reject) => {
          running.push(name);
          ends.set(name, (error) => (error === undefined ? resolve() : reject(error)));
        }),
    );
  const works = ["a", "b", "c", "d"].map(begin);
  await settled();
  expect(running).toEqual(["a", "b"]);
  ends.get("b")?.(new Error("b failed"));
  await expect(works[1]).rejects.toThrow("b failed");
  await settled();
  expect(running).toEqual(["a", "b", "c"]);
  ends.get("a")?.();
  ends.get("c")?.();
  await settled();
  ends.get("d")?.();
  await Promise.all([works[0], works[2], works[3]]);
  const late = begin("e");
  await settled();
  expect(running).toEqual(["a", "b", "c", "d", "e"]);
  ends.get("e")?.();
  await late;
});
