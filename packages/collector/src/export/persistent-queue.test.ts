import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { payloadBytes, type Payload } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { deferred, ManualClock, until } from "../collector.test-kit.ts";
import { componentSettings } from "../component.test-kit.ts";
import { fileStorageExtension } from "../components/extensions/file-storage/factory.ts";
import { ConsumeError } from "../consumer.ts";
import { logsOf, tracesOf } from "../otlp.test-kit.ts";
import { Place } from "../schema/place.ts";
import { section } from "../schema/schema.ts";
import { senderFields, type SenderConfig } from "./sender-config.ts";
import { Sender } from "./sender.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "clew-queue-"));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A sender whose queue lies in `directory`, and what it sent. */
async function run(
  directory: string,
  send: (payload: Payload) => Promise<void>,
  queue: object = {},
  retry: object = {},
) {
  const clock = new ManualClock();
  const place = new Place("", []);
  const storage = fileStorageExtension.create(
    componentSettings("extension", "file_storage", clock).settings,
    fileStorageExtension.schema.read({ directory }, place),
  );
  await storage.start();
  const kit = componentSettings("exporter", "otlp", clock, { file_storage: storage });
  const config = section<SenderConfig>(senderFields).read(
    { sending_queue: { storage: "file_storage", ...queue }, retry_on_failure: retry },
    place,
  );
  expect(place.problems).toEqual([]);
  const sent: Payload[] = [];
  const sender = new Sender(kit.settings, config, ["traces", "logs"], {
    async send(payload) {
      await send(payload);
      sent.push(payload);
    },
  });
  await sender.start();
  const stop = async (): Promise<void> => {
    await sender.shutdown();
    await storage.shutdown();
  };
  cleanUps.push(stop);
  return { sender, sent, stop, clock, ...kit };
}

const down = (): Promise<void> => Promise.reject(new ConsumeError("T", "down", { permanent: false }));
const up = (): Promise<void> => Promise.resolve();

test("answers once a request is on disk, whether its receiver is there or not, and sends it after a restart", async () => {
  const directory = temporaryDirectory();
  const first = await run(directory, down);
  const client = { address: "1.2.3.4:5", metadata: new Map([["tenant", ["a"]]]) };
  await first.sender.consume({ ...tracesOf(["a"]), client });
  await first.sender.consume(logsOf(["l"]));
  await first.stop();
  expect(first.sent).toEqual([]);
  const second = await run(directory, up);
  await until(() => second.sent.length === 2);
  const bySignal = Object.fromEntries(second.sent.map((payload) => [payload.signal, payload]));
  expect(Buffer.from(payloadBytes(bySignal["traces"]!))).toEqual(Buffer.from(payloadBytes(tracesOf(["a"]))));
  expect(bySignal["traces"]!.client).toEqual(client);
  await second.stop();
  const third = await run(directory, up);
  await third.stop();
  expect(third.sent).toEqual([]);
});

test("never gives up what it answered, however long the receiver is away", async () => {
  let isDown = true;
  const { sender, sent, clock } = await run(
    temporaryDirectory(),
    () => (isDown ? down() : up()),
    {},
    { max_elapsed_time: "1m" },
  );
  await sender.consume(tracesOf(["a"]));
  for (let minute = 0; minute < 60; minute++) {
    await until(() => clock.pending > 0);
    clock.advance(60_000);
  }
  isDown = false;
  while (sent.length === 0) {
    clock.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(sent).toHaveLength(1);
});

test("what is refused for good goes, and is counted and told", async () => {
  const directory = temporaryDirectory();
  const never = (): Promise<void> => Promise.reject(new ConsumeError("T", "never", { permanent: true }));
  const { sender, lines, meter, stop } = await run(directory, never);
  await sender.consume(tracesOf(["a", "b"]));
  await until(() => lines.length > 0);
  expect(lines[0]).toBe(
    'error\tExporting failed. Dropping data.\t{"otelcol.signal": "traces", "error": "[T] never", "dropped_items": 2}',
  );
  const failed = meter.families().find(({ name }) => name.startsWith("otelcol_exporter_send_failed_spans"));
  expect(failed?.samples[0]?.value).toBe(2);
  await stop();
  const again = await run(directory, up);
  await again.stop();
  expect(again.sent).toEqual([]);
});

test("refuses what does not fit, in items, and what a restart finds counts as well", async () => {
  const directory = temporaryDirectory();
  const queue = { sizer: "items", queue_size: 3 };
  const first = await run(directory, down, queue);
  await first.sender.consume(tracesOf(["a", "b"]));
  await expect(first.sender.consume(tracesOf(["c", "d"]))).rejects.toMatchObject({ what: "sending queue is full" });
  await first.sender.consume(tracesOf(["c"]));
  await first.stop();
  const second = await run(directory, down, queue);
  await expect(second.sender.consume(tracesOf(["e"]))).rejects.toMatchObject({ what: "sending queue is full" });
});

test("with block_on_overflow senders wait for room", async () => {
  const { promise, resolve } = deferred();
  const { sender, sent } = await run(temporaryDirectory(), () => promise, { queue_size: 1, block_on_overflow: true });
  await sender.consume(tracesOf(["a"]));
  const second = sender.consume(tracesOf(["b"]));
  expect(sender.refusal()).toBeUndefined();
  resolve();
  await second;
  await until(() => sent.length === 2);
});

test("needs an extension that keeps things", async () => {
  const { settings } = componentSettings("exporter", "otlp");
  const config = section<SenderConfig>(senderFields).read({ sending_queue: { storage: "redis" } }, new Place("", []));
  const sender = new Sender(settings, config, ["traces"], { send: up });
  await expect(sender.start()).rejects.toMatchObject({
    code: "EXTENSION_MISSING",
    what: 'extension "redis" not found',
  });
});
