import type { Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { ManualClock } from "../collector.test-kit.ts";
import { componentSettings } from "../component.test-kit.ts";
import { ConsumeError } from "../consumer.ts";
import { tracesOf } from "../otlp.test-kit.ts";
import { Place } from "../schema/place.ts";
import { section } from "../schema/schema.ts";
import { senderFields, type SenderConfig } from "./sender-config.ts";
import { Sender } from "./sender.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function run(queue: object) {
  const clock = new ManualClock();
  const { settings } = componentSettings("exporter", "otlp", clock);
  const place = new Place("", []);
  const config = section<SenderConfig>(senderFields).read({ sending_queue: queue }, place);
  expect(place.problems).toEqual([]);
  const sent: number[] = [];
  const answers: Promise<void>[] = [];
  const sender = new Sender(settings, config, ["traces"], {
    send({ counts }) {
      sent.push(counts.items);
      return answers.shift() ?? Promise.resolve();
    },
  });
  await sender.start();
  return { clock, sender, sent, answers };
}

const of = (tenant: string, ...names: string[]): Payload => ({
  ...tracesOf(names),
  client: { metadata: new Map([["tenant", [tenant]]]) },
});

test("joins requests until there are min_size items, or flush_timeout has passed", async () => {
  const { clock, sender, sent } = await run({ batch: { min_size: 3, flush_timeout: "1s" } });
  await Promise.all([sender.consume(tracesOf(["a"])), sender.consume(tracesOf(["b", "c"]))]);
  expect(sent).toEqual([3]);
  const last = sender.consume(tracesOf(["d"]));
  await settled();
  clock.advance(999);
  await settled();
  expect(sent).toEqual([3]);
  clock.advance(1);
  await last;
  expect(sent).toEqual([3, 1]);
});

test("parts what is larger than max_size, by items or by bytes, and answers when all pieces arrived", async () => {
  const byItems = await run({ batch: { min_size: 2, max_size: 2 } });
  await byItems.sender.consume(tracesOf(["a", "b", "c", "d", "e"]));
  expect(byItems.sent).toEqual([2, 2, 1]);
  const one = tracesOf(["a"]).byteLength;
  const byBytes = await run({ sizer: "bytes", queue_size: 100_000, batch: { min_size: 1, max_size: one + 10 } });
  await byBytes.sender.consume(tracesOf(["a", "b", "c"]));
  expect(byBytes.sent).toEqual([1, 1, 1]);
});

test("everyone in a batch hears that it was not taken", async () => {
  const { sender, answers } = await run({ batch: { min_size: 2 }, num_consumers: 1 });
  answers.push(Promise.reject(new ConsumeError("T", "no", { permanent: true })));
  const outcomes = Promise.allSettled([sender.consume(tracesOf(["a"])), sender.consume(tracesOf(["b"]))]);
  expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

test("keeps clients apart that differ in the partition's keys", async () => {
  const { sender, sent } = await run({ batch: { min_size: 2, partition: { metadata_keys: ["Tenant"] } } });
  await Promise.all([
    sender.consume(of("x", "a")),
    sender.consume(of("y", "b")),
    sender.consume(of("x", "c")),
    sender.consume(of("y", "d", "e")),
  ]);
  expect(sent).toEqual([2, 3]);
});

test("what gathers when the exporter stops is sent", async () => {
  const { sender, sent } = await run({ batch: { min_size: 100 } });
  const taken = sender.consume(tracesOf(["a"]));
  await settled();
  await sender.shutdown();
  await taken;
  expect(sent).toEqual([1]);
});

test.each([
  [{ batch: { min_size: 5, max_size: 4 } }, "`max_size` (4) must be greater or equal to `min_size` (5)"],
  [{ batch: { flush_timeout: "0s" } }, "`flush_timeout` must be positive"],
  [{ sizer: "items", queue_size: 10, batch: {} }, "`min_size` must be less than or equal to `queue_size`"],
  [
    { storage: "x", wait_for_result: true },
    "`wait_for_result` is not supported with a persistent queue configured with `storage`",
  ],
  [{ batch: { partition: { metadata_keys: ["a", "A"] } } }, 'duplicate entry in metadata_keys: "a" (case-insensitive)'],
])("refuses the queue %j", (queue, expected) => {
  const place = new Place("", []);
  section<SenderConfig>(senderFields).read({ sending_queue: queue }, place);
  expect(place.problems.map(({ what }) => what)).toEqual([expected]);
});
