import type { Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { deferred, ManualClock } from "../collector.test-kit.ts";
import { componentSettings } from "../component.test-kit.ts";
import { ConsumeError } from "../consumer.ts";
import { tracesOf } from "../otlp.test-kit.ts";
import { Place } from "../schema/place.ts";
import { section } from "../schema/schema.ts";
import { senderFields, type SenderConfig } from "./sender-config.ts";
import { Sender } from "./sender.ts";

const passing = (retryAfterMs?: number): ConsumeError =>
  new ConsumeError("T", "busy", { permanent: false, retryAfterMs });
const forGood = (): ConsumeError => new ConsumeError("T", "never", { permanent: true });

/** Lets everything that has been settled be heard of. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const rejectionOf = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

type Attempt = (payload: Payload, signal: AbortSignal) => Promise<void>;

async function setUp(attempt: Attempt, config: object = {}) {
  const clock = new ManualClock();
  const kit = componentSettings("exporter", "otlp", clock);
  const read = section<SenderConfig>(senderFields).read(config, new Place("", []));
  const sender = new Sender(kit.settings, read, ["traces"], { send: attempt });
  await sender.start();
  return { clock, sender, ...kit };
}

/** Fails in turn with these, then succeeds. */
function failing(...errors: unknown[]): { attempt: Attempt; sent: Payload[] } {
  const sent: Payload[] = [];
  return {
    sent,
    attempt(payload) {
      sent.push(payload);
      return errors.length > 0 ? Promise.reject(errors.shift()) : Promise.resolve();
    },
  };
}

test("tries again after 5 s, then 7.5 s, and acknowledges when it succeeds", async () => {
  const { attempt, sent } = failing(passing(), passing());
  const { clock, sender, lines } = await setUp(attempt);
  const acknowledged = sender.consume(tracesOf(["a"]));
  await settled();
  clock.advance(4_999);
  await settled();
  expect(sent).toHaveLength(1);
  clock.advance(1);
  await settled();
  clock.advance(7_500);
  await acknowledged;
  expect(sent).toHaveLength(3);
  expect(lines[0]).toContain(
    'Exporting failed. Will retry the request after interval.\t{"otelcol.signal": "traces", "error": "[T] busy", "interval": "5s"}',
  );
});

test("waits as long as the receiver asks", async () => {
  const { attempt, sent } = failing(passing(20_000));
  const { clock, sender } = await setUp(attempt);
  const acknowledged = sender.consume(tracesOf(["a"]));
  await settled();
  clock.advance(19_999);
  await settled();
  expect(sent).toHaveLength(1);
  clock.advance(1);
  await acknowledged;
  expect(sent).toHaveLength(2);
});

test("tells the sender at once what trying again cannot help", async () => {
  const { attempt } = failing(forGood());
  const { sender, lines } = await setUp(attempt);
  await expect(sender.consume(tracesOf(["a"]))).rejects.toMatchObject({ what: "never", permanent: true });
  expect(lines).toEqual([
    'error\tExporting failed. Dropping data.\t{"otelcol.signal": "traces", "error": "[T] never", "dropped_items": 1}',
  ]);
});

test("gives up after max_elapsed_time, which another sender may then try again", async () => {
  const { attempt } = failing(passing(), passing());
  const { clock, sender } = await setUp(attempt, { retry_on_failure: { max_elapsed_time: "6s" } });
  const outcome = rejectionOf(sender.consume(tracesOf(["a"])));
  await settled();
  clock.advance(5_000);
  expect(await outcome).toMatchObject({ what: "no more retries left: [T] busy", permanent: false });
});

test("keeps num_consumers under way and refuses when the queue is full", async () => {
  const { promise, resolve } = deferred();
  const { sender, lines } = await setUp(() => promise, { sending_queue: { num_consumers: 1, queue_size: 2 } });
  const taken = [sender.consume(tracesOf(["a"])), sender.consume(tracesOf(["b"]))];
  expect(sender.refusal()?.what).toBe("sending queue is full");
  await expect(sender.consume(tracesOf(["c", "d"]))).rejects.toMatchObject({
    what: "sending queue is full",
    permanent: false,
  });
  expect(lines).toEqual([
    'error\tExporting failed. Rejecting data.\t{"otelcol.signal": "traces", "error": "sending queue is full", "rejected_items": 2}',
  ]);
  resolve();
  await Promise.all(taken);
});

test("cuts an attempt off after timeout", async () => {
  const attempt: Attempt = (_payload, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(forGood())));
  const { clock, sender } = await setUp(attempt);
  const outcome = rejectionOf(sender.consume(tracesOf(["a"])));
  await settled();
  clock.advance(5_000);
  expect(await outcome).toMatchObject({ what: "never" });
});

test("gives what it has in hand one more attempt when it stops, and tells whoever that does not help", async () => {
  const { attempt, sent } = failing(passing(), passing(), passing());
  const { sender } = await setUp(attempt, { sending_queue: { num_consumers: 1 } });
  const outcomes = Promise.allSettled([
    sender.consume(tracesOf(["a"])),
    sender.consume(tracesOf(["b"])),
    sender.consume(tracesOf(["c"])),
  ]);
  await settled();
  await sender.shutdown();
  expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  expect(sent).toHaveLength(4);
});
