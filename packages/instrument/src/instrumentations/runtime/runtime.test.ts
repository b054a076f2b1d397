import { afterEach, expect, test } from "vitest";
import { appStarter } from "../../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

test("Node, V8 and the process are measured under the conventions' names and units", async () => {
  const app = await startApp({
    nodeArguments: ["--expose-gc", "--import", new URL("../../../dist/index.js", import.meta.url).href],
    code: `setInterval(() => globalThis.gc(), 20); tell(true);`,
  });
  const points = await app.sink.until(
    ({ points }) => points.some(({ attributes }) => attributes["v8js.gc.type"] === "major") && points,
  );
  const units = Object.fromEntries(points.map(({ metric, unit }) => [metric, unit]));
  expect(units).toMatchObject({
    "nodejs.eventloop.delay.min": "s",
    "nodejs.eventloop.delay.max": "s",
    "nodejs.eventloop.delay.mean": "s",
    "nodejs.eventloop.delay.stddev": "s",
    "nodejs.eventloop.delay.p50": "s",
    "nodejs.eventloop.delay.p90": "s",
    "nodejs.eventloop.delay.p99": "s",
    "nodejs.eventloop.time": "s",
    "nodejs.eventloop.utilization": "1",
    "v8js.gc.duration": "s",
    "v8js.memory.heap.limit": "By",
    "v8js.memory.heap.used": "By",
    "v8js.heap.space.available_size": "By",
    "v8js.heap.space.physical_size": "By",
    "process.cpu.time": "s",
    "process.memory.usage": "By",
    "process.uptime": "s",
  });
  const modes = points
    .filter(({ metric }) => metric === "process.cpu.time")
    .map(({ attributes }) => attributes["cpu.mode"]);
  expect(modes).toEqual(["user", "system"]);
  expect(points.find(({ metric }) => metric === "process.memory.usage")?.value).toBeGreaterThan(1e7);
});

test("the measuring does not keep the process alive", async () => {
  const app = await startApp({ code: `tell(true); process.disconnect();` });
  expect(app.told).toEqual([true]);
  expect(await app.ended()).toBe(0);
});
