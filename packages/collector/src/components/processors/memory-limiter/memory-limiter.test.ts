import { expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { deferred, ManualClock, MemorySink } from "../../../collector.test-kit.ts";
import { tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { MemoryLimiter } from "./memory-limiter.ts";

const MIB = 1024 * 1024;

async function setUp(usedMib: number, config: object = { check_interval: "1s", limit_mib: 512, spike_limit_mib: 128 }) {
  const clock = new ManualClock();
  const kit = componentSettings("processor", "memory_limiter", clock);
  const memory = { used: usedMib * MIB, collections: 0, afterCollection: undefined as number | undefined };
  const sink = new MemorySink();
  const limiter = new MemoryLimiter(
    kit.settings,
    schema.read(config, new Place("", [])),
    { consume: (p) => sink.write(p) },
    {
      usedBytes: () => memory.used,
      totalBytes: () => 1_000 * MIB,
      collectGarbage() {
        memory.collections++;
        if (memory.afterCollection !== undefined) memory.used = memory.afterCollection;
      },
    },
  );
  await limiter.start();
  return { clock, memory, limiter, sink, ...kit };
}

test("refuses above the soft limit, tells when to come back, and takes data again below it", async () => {
  const { clock, memory, limiter, sink, lines } = await setUp(100);
  await limiter.consume(tracesOf(["a"]));
  memory.used = 384 * MIB;
  clock.advance(1_000);
  expect(limiter.refusal()).toMatchObject({
    what: "data refused due to high memory usage",
    permanent: false,
    retryAfterMs: 1_000,
  });
  await expect(limiter.consume(tracesOf(["b"]))).rejects.toThrow("data refused due to high memory usage");
  memory.used = 383 * MIB;
  clock.advance(1_000);
  await limiter.consume(tracesOf(["c"]));
  expect(sink.items).toBe(2);
  expect(lines.map((line) => line.split("\t")[1])).toEqual([
    "Memory limiter configured",
    "Memory usage is above soft limit. Refusing data.",
    "Memory usage back within limits. Resuming normal operation.",
  ]);
});

test("collects garbage first, and refuses nothing if that helps", async () => {
  const { clock, memory, limiter } = await setUp(100);
  memory.used = 400 * MIB;
  memory.afterCollection = 200 * MIB;
  clock.advance(1_000);
  expect([memory.collections, limiter.refusal()]).toEqual([1, undefined]);
});

test("does not collect again for ten seconds, unless the hard limit is reached", async () => {
  const { clock, memory } = await setUp(400);
  clock.advance(9_000);
  expect(memory.collections).toBe(1);
  clock.advance(1_000);
  expect(memory.collections).toBe(2);
  memory.used = 512 * MIB;
  clock.advance(2_000);
  expect(memory.collections).toBe(4);
});

test("counts what passes between two checks", async () => {
  const { limiter, sink } = await setUp(100, { check_interval: "1s", limit_mib: 101, spike_limit_mib: 1 });
  sink.payloads.length = 0;
  await expect(limiter.consume(tracesOf(["a"]))).rejects.toThrow("high memory usage");
  const roomy = await setUp(99, { check_interval: "1s", limit_mib: 101, spike_limit_mib: 1 });
  const { promise, resolve } = deferred();
  roomy.sink.answer = () => promise;
  const half = tracesOf(["x".repeat(600 * 1024)]);
  const first = roomy.limiter.consume(half);
  await expect(roomy.limiter.consume(half)).rejects.toThrow("high memory usage");
  resolve();
  await first;
  await roomy.limiter.consume(half);
  expect(roomy.sink.items).toBe(2);
});

test.each([
  [{ limit_mib: 1 }, "'check_interval' must be greater than zero"],
  [{ check_interval: "1s" }, "'limit_mib' or 'limit_percentage' must be greater than zero"],
  [{ check_interval: "1s", limit_mib: 5, spike_limit_mib: 5 }, "'spike_limit_mib' must be smaller than 'limit_mib'"],
])("refuses the configuration %j", (config, expected) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what)).toEqual([expected]);
});

test("reads a percentage as a share of all memory, with a fifth of it for spikes", async () => {
  const { clock, memory, limiter } = await setUp(399, { check_interval: "1s", limit_percentage: 50 });
  expect(limiter.refusal()).toBeUndefined();
  memory.used = 400 * MIB;
  clock.advance(1_000);
  expect(limiter.refusal()).toBeDefined();
});
