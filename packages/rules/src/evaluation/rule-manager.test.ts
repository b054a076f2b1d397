import { expect, test } from "vitest";
import { evaluationTime, GroupSchedule } from "./group-schedule.ts";
import type { RuleGroup } from "./rule-group.ts";
import { RuleManager } from "./rule-manager.ts";
import { alertsOf, testWorld } from "./rules.test-kit.ts";
import { settled } from "../../../sdk/src/manual-clock.test-kit.ts";

const MINUTE = 60_000;

async function manager(first: string): Promise<{
  readonly world: ReturnType<typeof testWorld>;
  readonly running: RuleManager;
  readonly reload: (yaml: string) => Promise<void>;
  readonly advance: (minutes: number) => Promise<void>;
}> {
  const world = testWorld();
  let text = first;
  const running = await RuleManager.start({
    ...world.settings,
    load: async () => [{ path: "rules.yml", text }],
  });
  return {
    world,
    running,
    async reload(yaml) {
      text = yaml;
      await running.reload();
    },
    async advance(minutes) {
      for (let i = 0; i < minutes * 4; i++) {
        await world.clock.advance(MINUTE / 4);
        for (let turn = 0; turn < 20; turn++) await settled();
      }
    },
  };
}

test("a group is evaluated once an interval, at an offset that its name decides", async () => {
  const { world, running, advance } = await manager(
    "groups: [{name: a, interval: 1m, rules: [{record: a, expr: '1'}]}, {name: b, interval: 2m, rules: [{record: b, expr: '1'}]}]",
  );
  await advance(4);
  await running.stop();
  const times = (name: string): number[] =>
    world.written.filter((line) => line.startsWith(name)).map((line) => Number(line.split("@")[1]) * 1_000);
  expect(times("a")).toHaveLength(4);
  expect(times("b")).toHaveLength(2);
  const [group] = running.groups;
  expect(times("a").map((timeMs) => evaluationTime(group!, timeMs))).toEqual(times("a"));
  expect(new Set([...times("a"), ...times("b")].map((timeMs) => timeMs % MINUTE)).size).toBe(2);
  await advance(3);
  expect(times("a")).toHaveLength(4);
});

test("moments that pass while a group is evaluated are counted and passed over", async () => {
  const { clock, group } = testWorld();
  const evaluated: number[] = [];
  let takesMs = 3.5 * MINUTE;
  const slow = group("groups: [{name: g, interval: 1m, rules: []}]");
  slow.evaluate = async (timeMs: number): Promise<void> => {
    evaluated.push(timeMs);
    const forMs = takesMs;
    takesMs = 0;
    if (forMs > 0) await new Promise<void>((resolve) => clock.after(forMs, resolve));
  };
  const schedule = new GroupSchedule(slow as RuleGroup, clock);
  const begin = evaluationTime(slow, clock.nowMs());
  schedule.start();
  await clock.advance(6 * MINUTE);
  await schedule.stop();
  expect(evaluated.map((timeMs) => (timeMs - begin) / MINUTE)).toEqual([1, 4, 5, 6]);
  expect(slow.counts.missedIterations).toBe(2);
});

test("files that are read anew change what changed: alerts go on, series of rules that are no more are ended", async () => {
  const rules = (extra: string): string => `groups:
- name: g
  rules: [{alert: Down, expr: up == 0, for: 5m}${extra}]
- {name: same, rules: [{record: s, expr: '1'}]}`;
  const { world, running, reload, advance } = await manager(rules(", {record: gone, expr: '1'}"));
  world.set("up", world.clock.nowMs(), 0);
  await advance(3);
  const [group, same] = running.groups;
  const since = alertsOf(group!)[0]?.activeAlerts[0]?.activeAtMs;
  expect(since).toBeDefined();
  await reload(rules(", {record: new, expr: '1'}"));
  const [changed, still] = running.groups;
  expect(changed).not.toBe(group);
  expect(still).toBe(same);
  await advance(1);
  expect(alertsOf(changed!)[0]?.activeAlerts[0]?.activeAtMs).toBe(since);
  expect(world.written.filter((line) => line.startsWith("gone{} stale"))).toHaveLength(1);
  await running.stop();
});

test("the series of a group that is no more are ended after two intervals, unless another writes them", async () => {
  const { world, running, reload, advance } = await manager("groups: [{name: g, rules: [{record: r, expr: '1'}]}]");
  await advance(2);
  await reload("groups: []");
  await advance(1);
  expect(world.written.some((line) => line.includes("stale"))).toBe(false);
  await advance(2);
  expect(world.written.filter((line) => line.includes("stale"))).toHaveLength(1);
  await running.stop();
});

test("files with faults are refused: at the start, nothing runs; later, all goes on", async () => {
  await expect(manager("groups: [{name: g, rules: [{record: r, expr: sum(}]}]")).rejects.toThrow(
    /\[RULES_INVALID\] rules.yml: .*could not parse expression/,
  );
  const { running, reload } = await manager("groups: [{name: g, rules: [{record: r, expr: '1'}]}]");
  const before = running.groups;
  await expect(reload("groups: [{name: ''}]")).rejects.toThrow("Groupname must not be empty");
  expect(running.groups).toEqual(before);
  await running.stop();
});
