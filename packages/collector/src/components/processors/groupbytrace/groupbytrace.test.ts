import { decode, encode, payloadBytes, payloadOf, PROTOCOLS, type Payload, type TracesObject } from "@clew/otlp";
import { expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { GroupByTrace } from "./groupbytrace.ts";

const spans = (...all: [trace: number, name: string][]): Payload =>
  payloadOf(
    "traces",
    encode(PROTOCOLS.traces.request, {
      resourceSpans: [
        { scopeSpans: [{ spans: all.map(([trace, name]) => ({ traceId: Buffer.alloc(16, trace), name })) }] },
      ],
    }),
  );

function namesOf(payload: Payload): string {
  const { resourceSpans } = decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject;
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return all.map(({ name }) => name).join("");
}

function setUp(config: object = {}) {
  const clock = new ManualClock();
  const kit = componentSettings("processor", "groupbytrace", clock);
  const sent: string[] = [];
  const answers: Promise<void>[] = [];
  const place = new Place("", []);
  const processor = new GroupByTrace(kit.settings, schema.read(config, place), {
    consume(payload) {
      sent.push(namesOf(payload));
      return answers.shift() ?? Promise.resolve();
    },
  });
  return { clock, sent, answers, processor, place, ...kit };
}

test("hands each trace on as a whole once wait_duration has passed, and acknowledges then", async () => {
  const { clock, sent, processor } = setUp();
  const acknowledged = Promise.all([
    processor.consume(spans([1, "a"], [2, "b"], [1, "c"])),
    processor.consume(spans([2, "d"])),
  ]);
  clock.advance(999);
  expect(sent).toEqual([]);
  clock.advance(1);
  await acknowledged;
  expect(sent).toEqual(["ac", "bd"]);
  const late = processor.consume(spans([1, "e"]));
  clock.advance(1_000);
  await late;
  expect(sent).toEqual(["ac", "bd", "e"]);
});

test("tells everyone with spans in a trace that it was not taken", async () => {
  const { clock, answers, processor } = setUp();
  answers.push(Promise.reject(new Error("no")));
  const outcomes = Promise.allSettled([
    processor.consume(spans([1, "a"])),
    processor.consume(spans([1, "b"], [2, "c"])),
    processor.consume(spans([2, "d"])),
  ]);
  clock.advance(1_000);
  expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
});

test("hands the oldest trace on early where there are too many, and counts that", async () => {
  const { clock, sent, processor, meter } = setUp({ num_traces: 1 });
  const all = Promise.all([processor.consume(spans([1, "a"])), processor.consume(spans([2, "b"]))]);
  expect(sent).toEqual(["a"]);
  clock.advance(1_000);
  await all;
  expect(sent).toEqual(["a", "b"]);
  const evicted = meter.families().find(({ name }) => name.endsWith("traces_evicted"));
  expect(evicted?.samples[0]?.value).toBe(1);
});

test("hands on what it has when it stops", async () => {
  const { sent, processor, clock } = setUp();
  const pending = processor.consume(spans([1, "a"]));
  await processor.shutdown();
  await pending;
  expect(sent).toEqual(["a"]);
  expect(clock.pending).toBe(0);
});

test("refuses what the original refuses", () => {
  const { place } = setUp({ discard_orphans: true, store_on_disk: true, num_traces: 0 });
  expect(place.problems.map(({ path }) => path)).toEqual(["num_traces"]);
  expect(setUp({ store_on_disk: true }).place.problems.map(({ what }) => what)).toEqual([
    "option 'disk storage' not supported in this release",
  ]);
});
