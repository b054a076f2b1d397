/** A trace's spans are given in the order of their times; one of too many is cut, and says so. */
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../running-store.test-kit.ts";
import { MAX_SPANS_PER_TRACE, TraceReader } from "./trace-reader.ts";

const START = 1_760_000_000_000_000_000n;
const LONG = "0".repeat(31) + "1";
const SHORT = "0".repeat(31) + "2";
const UNORDERED = "0".repeat(31) + "3";
/** Times as OTLP has them, in the engine's order: from 2^63 on it takes them for negative. */
const TIMES = [(1n << 64n) - 20n, (1n << 64n) - 3n, 9n, 10n, 100n, START];
const PER_REQUEST = 20_000;

let running: RunningStore;

function spans(traceId: string, from: number, count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    traceId: Buffer.from(traceId, "hex"),
    spanId: Buffer.from((from + i + 1).toString(16).padStart(16, "0"), "hex"),
    name: "step",
    startTimeUnixNano: START + BigInt(from + i),
    endTimeUnixNano: START + BigInt(from + i + 1),
  }));
}

async function send(some: readonly object[]): Promise<void> {
  const request = { resourceSpans: [{ scopeSpans: [{ spans: some }] }] };
  await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, request)));
}

beforeAll(async () => {
  running = await openStore();
  // The last first: it is the order of their times that says which are left out.
  for (let from = MAX_SPANS_PER_TRACE; from >= 0; from -= PER_REQUEST)
    await send(spans(LONG, from, Math.min(PER_REQUEST, MAX_SPANS_PER_TRACE + 1 - from)));
  await send(spans(SHORT, 0, 3));
  const [one] = spans(UNORDERED, 0, 1);
  await send(
    TIMES.toReversed().map((startTimeUnixNano) => ({ ...one, startTimeUnixNano, endTimeUnixNano: startTimeUnixNano })),
  );
  await running.store.flush();
});
afterAll(() => running.stop());

test("its first spans are given, and that it has more", async () => {
  const [short, long] = await new TraceReader(running.store.client).traces([SHORT, LONG]);
  expect(short?.truncated).toBe(false);
  expect(short?.resourceSpans[0]!.scopeSpans[0]!.spans).toHaveLength(3);
  expect(long?.truncated).toBe(true);
  const given = long!.resourceSpans[0]!.scopeSpans[0]!.spans;
  expect(given).toHaveLength(MAX_SPANS_PER_TRACE);
  expect(given.at(-1)?.startTimeUnixNano).toBe(String(START + BigInt(MAX_SPANS_PER_TRACE - 1)));
});

test("its spans are in the order of their times, however many digits those have", async () => {
  const [trace] = await new TraceReader(running.store.client).traces([UNORDERED]);
  const given = trace!.resourceSpans[0]!.scopeSpans[0]!.spans;
  expect(given.map(({ startTimeUnixNano }) => startTimeUnixNano)).toEqual(TIMES.map(String));
});
