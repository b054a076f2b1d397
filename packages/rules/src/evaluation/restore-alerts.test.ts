import { expect, test } from "vitest";
import { alertsOf, testWorld } from "./rules.test-kit.ts";

const MINUTE = 60_000;
const NOW = 100 * MINUTE;

/** Since when an alert with a `for` of 30 minutes is active after a restart, in minutes. */
async function restored(
  seenAtMinute: number,
  activeAtMinute: number,
  last: "active" | "stale" = "active",
): Promise<number> {
  const { set, group } = testWorld();
  const series = 'ALERTS_FOR_STATE{alertname="Down",job="a",severity="page"}';
  set(series, seenAtMinute * MINUTE, activeAtMinute * 60);
  if (last === "stale") set(series, seenAtMinute * MINUTE + 1, "stale");
  set('up{job="a"}', NOW - 1, 0);
  const rules = group(
    "groups: [{name: g, rules: [{alert: Down, expr: up == 0, for: 30m, labels: {severity: page}}]}]",
    true,
  );
  await rules.evaluate(NOW);
  await rules.restore(NOW);
  return (alertsOf(rules)[0]?.activeAlerts[0]?.activeAtMs ?? 0) / MINUTE;
}

test.each([
  ["one that fired fires again", 90, 50, 50],
  ["one that waits for long does not count the time that nobody looked", 90, 85, 95],
  ["one that would fire soon waits for ten minutes", 90, 65, 80],
  ["what was seen more than an hour ago is forgotten", 39, 5, 100],
])("%s", async (_what, seenAt, activeAt, wanted) => {
  expect(await restored(seenAt, activeAt)).toBe(wanted);
});

test("an alert that had ended is a new one", async () => {
  expect(await restored(90, 50, "stale")).toBe(100);
});

test("no series is written before the state is restored, which would write over it", async () => {
  const { set, group, written } = testWorld();
  set("up", NOW - 1, 0);
  const rules = group("groups: [{name: g, rules: [{alert: Down, expr: up == 0, for: 30m}]}]", true);
  await rules.evaluate(NOW);
  expect(written).toEqual([]);
  await rules.restore(NOW);
  await rules.evaluate(NOW + MINUTE);
  expect(written).toHaveLength(2);
});

test("a store that does not answer leaves alerts as they are", async () => {
  const world = testWorld();
  world.set("up", NOW - 1, 0);
  const rules = world.group("groups: [{name: g, rules: [{alert: Down, expr: up == 0, for: 30m}]}]", true);
  await rules.evaluate(NOW);
  world.store.select = async () => Promise.reject(new Error("gone"));
  await rules.restore(NOW);
  expect(alertsOf(rules)[0]?.activeAlerts[0]?.activeAtMs).toBe(NOW);
  expect(world.reports[0]).toContain("Failed to restore 'for' state of Down: gone");
  expect(alertsOf(rules)[0]?.isRestored).toBe(true);
});
