import { decode, payloadBytes, PROTOCOLS, type Payload, type TracesObject } from "@clew/otlp";
import { expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { deferred, ManualClock } from "../../../collector.test-kit.ts";
import { ConsumeError } from "../../../consumer.ts";
import { tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { BatchProcessor } from "./batch.ts";
import { schema } from "./config.ts";

function spanNames(payload: Payload): string[] {
  const { resourceSpans } = decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject;
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)));
}

function setUp(config: object = { timeout: "5s" }) {
  const clock = new ManualClock();
  const batches: string[][] = [];
  const answers: Promise<void>[] = [];
  const next = {
    consume(payload: Payload) {
      batches.push(spanNames(payload));
      return answers.shift() ?? Promise.resolve();
    },
  };
  const { settings } = componentSettings("processor", "batch", clock);
  return { clock, batches, answers, batch: new BatchProcessor(settings, schema.read(config, new Place("", [])), next) };
}

test("sends a part-filled batch once timeout has passed, and acknowledges it then", async () => {
  const { clock, batches, batch } = setUp();
  const acknowledged = Promise.all([batch.consume(tracesOf(["a"])), batch.consume(tracesOf(["b"]))]);
  clock.advance(4_999);
  expect(batches).toEqual([]);
  clock.advance(1);
  expect(batches).toEqual([["a", "b"]]);
  await acknowledged;
  expect(clock.pending).toBe(0);
});

test("sends at once when send_batch_size items are pending, however many came last", async () => {
  const { batches, batch } = setUp({ send_batch_size: 3 });
  await Promise.all([batch.consume(tracesOf(["a", "b"])), batch.consume(tracesOf(["c", "d"]))]);
  expect(batches).toEqual([["a", "b", "c", "d"]]);
});

test("acknowledges nobody before the batch was taken downstream", async () => {
  const { answers, batch } = setUp({ send_batch_size: 2 });
  const { promise, resolve } = deferred();
  answers.push(promise);
  const order: string[] = [];
  const acknowledged = async (sent: Promise<void>): Promise<void> => {
    await sent;
    order.push("acknowledged");
  };
  const sent = acknowledged(batch.consume(tracesOf(["a", "b"])));
  await Promise.resolve();
  order.push("taken");
  resolve();
  await sent;
  expect(order).toEqual(["taken", "acknowledged"]);
});

test("tells everyone in a batch that it was refused, and goes on with the next", async () => {
  const { answers, batch, batches } = setUp({ send_batch_size: 2 });
  const refusal = new ConsumeError("T", "full", { permanent: false, retryAfterMs: 7 });
  answers.push(Promise.reject(refusal));
  const outcomes = await Promise.allSettled([batch.consume(tracesOf(["a"])), batch.consume(tracesOf(["b"]))]);
  expect(outcomes.map((one) => one.status === "rejected" && one.reason === refusal)).toEqual([true, true]);
  await batch.consume(tracesOf(["c", "d"]));
  expect(batches).toHaveLength(2);
});

test("parts what is larger than send_batch_max_size", async () => {
  const { batches, batch } = setUp({ send_batch_size: 2, send_batch_max_size: 2 });
  await batch.consume(tracesOf(["a", "b", "c"]));
  expect(batches).toEqual([["a", "b"], ["c"]]);
});

test("sends what is pending when it stops, and passes on at once what still comes", async () => {
  const { batches, batch } = setUp();
  const pending = batch.consume(tracesOf(["a"]));
  await batch.shutdown();
  await pending;
  await batch.consume(tracesOf(["b"]));
  expect(batches).toEqual([["a"], ["b"]]);
});

test("keeps clients apart that differ in metadata_keys, as far as the limit allows", async () => {
  const { batches, batch } = setUp({
    timeout: "0s",
    send_batch_size: 9,
    metadata_keys: ["Tenant"],
    metadata_cardinality_limit: 2,
  });
  const of = (name: string, tenant?: string): Payload => ({
    ...tracesOf([name]),
    client: { metadata: new Map(tenant === undefined ? [] : [["tenant", [tenant]]]) },
  });
  await Promise.all([batch.consume(of("a", "x")), batch.consume(of("b")), batch.consume(of("c", "x"))]);
  expect(batches).toEqual([["a"], ["b"], ["c"]]);
  await expect(batch.consume(of("d", "y"))).rejects.toMatchObject({
    what: "too many batcher metadata-value combinations",
    permanent: false,
  });
  const gathering = setUp({ timeout: "5s", metadata_keys: ["tenant"] });
  const pending = Promise.all(["x", "y", "x"].map((tenant, i) => gathering.batch.consume(of(String(i), tenant))));
  gathering.clock.advance(5_000);
  await pending;
  expect(gathering.batches).toEqual([["0", "2"], ["1"]]);
});

test.each([
  [{ metadata_keys: ["a", "A"] }, 'duplicate entry in metadata_keys: "a" (case-insensitive)'],
  [{ send_batch_max_size: 5, send_batch_size: 6 }, "send_batch_max_size must be greater or equal to send_batch_size"],
  [{ send_batch_sizes: 5 }, "'' has invalid keys: send_batch_sizes"],
])("refuses the configuration %j", (config, expected) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what)).toEqual([expected]);
});
