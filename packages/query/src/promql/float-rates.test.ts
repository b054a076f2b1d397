import * as fc from "fast-check";
import { systemClock } from "@clew/base";
import { expect, test } from "vitest";
import { PromqlEngine } from "./engine.ts";
import { Labels } from "./labels.ts";
import { MemoryQuerier } from "./memory-querier.ts";
import { EXPERIMENTAL_FEATURES } from "./promql-features.ts";

const signal = new AbortController().signal;
const STEP_MS = 20_000;

/** A sample: how long after the one before it, its value, and how long before it its counting began. */
const samples = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 5 }), fc.nat(60)), {
  minLength: 1,
  maxLength: 12,
});

test.each(["rate", "increase", "delta"])(
  "%s over a range is at each step what it is of that window alone",
  async (func) => {
    await fc.assert(
      fc.asyncProperty(samples, fc.boolean(), async (given, hasStarts) => {
        const querier = new MemoryQuerier();
        let timeMs = 0;
        for (const [gap, value, age] of given) {
          timeMs += gap * 1_000;
          const startMs = hasStarts ? Math.max(1, timeMs - age * 1_000) : undefined;
          querier.add(Labels.of({ __name__: "x" }), timeMs, value, startMs);
        }
        const engine = new PromqlEngine({ querier, clock: systemClock, features: EXPERIMENTAL_FEATURES });
        const range = { startMs: 0, endMs: timeMs + 2 * STEP_MS, stepMs: STEP_MS };
        const { value } = await engine.range(`${func}(x[1m])`, range, { signal });
        const series = value.type === "matrix" ? value.series : [];
        const found = new Map(series.flatMap((one) => [...one.values].map((v, i) => [one.timestampsMs[i], v])));
        for (let at = range.startMs; at <= range.endMs; at += STEP_MS) {
          const alone = await engine.instant(`${func}(x[1m] @ ${at / 1_000})`, at, { signal });
          const expected = alone.value.type === "vector" ? alone.value.points[0]?.value : undefined;
          expect(found.get(at)).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  },
);
