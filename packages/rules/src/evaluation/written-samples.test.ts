import {
  MemoryQuerier,
  type NativeHistogram,
  parseSeriesDescription,
  PromqlEngine,
  STABLE_FEATURES,
} from "@clew/query";
import { expect, test } from "vitest";
import { ManualClock } from "../../../sdk/src/manual-clock.test-kit.ts";
import { labelsOf } from "./rules.test-kit.ts";
import { WrittenSamples } from "./written-samples.ts";

const MINUTE = 60_000;
const NEVER = new AbortController().signal;

function histogram(count: number): NativeHistogram {
  const [sample] = parseSeriesDescription(`{} {{count:${count} sum:1 buckets:[${count}]}}`).samples;
  return sample as NativeHistogram;
}

function world(): {
  readonly store: MemoryQuerier;
  readonly written: WrittenSamples;
  readonly ask: (query: string, timeMs: number) => Promise<readonly unknown[]>;
} {
  const store = new MemoryQuerier();
  const written = new WrittenSamples(store);
  const engine = new PromqlEngine({ querier: written.querier(), clock: new ManualClock(), features: STABLE_FEATURES });
  return {
    store,
    written,
    async ask(query, timeMs) {
      const { value } = await engine.instant(query, timeMs, { signal: NEVER });
      return value.type === "vector" ? value.points.map((point) => point.value) : [];
    },
  };
}

test("what was written joins what the store has, and what the store has by then counts once", async () => {
  const { store, written, ask } = world();
  const labels = labelsOf('a{x="1"}');
  store.add(labels, MINUTE, 1);
  written.add([{ labels, timestampMs: 2 * MINUTE, value: 2 }], 0);
  expect(await ask("sum_over_time(a[5m])", 3 * MINUTE)).toEqual([3]);
  store.add(labels, 2 * MINUTE, 2);
  expect(await ask("sum_over_time(a[5m])", 3 * MINUTE)).toEqual([3]);
  expect(await ask("a", 90_000)).toEqual([1]);
  expect(await ask('a{x="2"}', 3 * MINUTE)).toEqual([]);
});

test("ends of series, those in the store too, and histograms are seen", async () => {
  const { store, written, ask } = world();
  const labels = labelsOf("a");
  store.add(labels, MINUTE, 1);
  store.add(labels, MINUTE + 1, "stale");
  written.add([{ labels, timestampMs: 2 * MINUTE, value: histogram(3) }], 0);
  expect(await ask("a", MINUTE + 1)).toEqual([]);
  expect(await ask("histogram_count(a)", 2 * MINUTE)).toEqual([3]);
  written.add([{ labels, timestampMs: 3 * MINUTE, value: "stale" }], 0);
  expect(await ask("a", 3 * MINUTE)).toEqual([]);
});

test("it is forgotten after ten seconds, and of a series that goes on, what is older", async () => {
  const { written, ask } = world();
  const [once, often] = [labelsOf("once"), labelsOf("often")];
  written.add([{ labels: once, timestampMs: 0, value: 1 }], 0);
  for (let second = 0; second <= 15; second++) {
    written.forget(second * 1_000);
    written.add([{ labels: often, timestampMs: second * 1_000, value: 1 }], second * 1_000);
  }
  expect(await ask("once", MINUTE)).toEqual([]);
  expect(await ask("count_over_time(often[1m])", MINUTE - 1)).toEqual([12]);
});
