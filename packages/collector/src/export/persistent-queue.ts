/**
 * Payloads in a storage extension. A payload is taken once it is durable there, and removed
 * once it was delivered or refused for good; what a crash leaves is sent after the restart.
 *
 * A key says in which order it came and how large it is, `000000000042 1024 478000`: sequence,
 * items, bytes. So a start need not read the payloads. A value is the length of what stands
 * first (u32 LE), who sent it (JSON), and the payload's bytes.
 */
import { messageOf } from "@clew/base";
import { payloadOf, type Client, type Payload, type Signal } from "@clew/otlp";
import { isPermanent, type ConsumeError } from "../consumer.ts";
import type { StorageClient } from "../extension.ts";
import type { Logger } from "../telemetry/logger.ts";
import { sizeOf, type Queue, type Taken } from "./queue.ts";
import { QueueRoom } from "./queue-room.ts";
import type { QueueConfig } from "./sender-config.ts";

const SEQUENCE_DIGITS = 12;
const HEAD_BYTES = 4;

interface Waiting {
  readonly key: string;
  readonly size: number;
}

export interface PersistentQueueSettings {
  readonly config: QueueConfig;
  readonly path: string;
  readonly signal: Signal;
  readonly storage: StorageClient;
  readonly logger: Logger;
  readonly report: (error: unknown) => void;
  /** Called when there is something to take. */
  readonly wake: () => void;
}

export class PersistentQueue implements Queue {
  readonly #settings: PersistentQueueSettings;
  readonly #room: QueueRoom;
  readonly #waiting: Waiting[];
  readonly #removals = new Set<Promise<void>>();
  #sequence: number;

  constructor(settings: PersistentQueueSettings) {
    const { config, path, storage } = settings;
    this.#settings = settings;
    this.#room = new QueueRoom({
      path,
      capacity: config.queue_size,
      maxBytes: Infinity,
      blocks: config.block_on_overflow,
    });
    const keys = [...storage.keys()].sort();
    this.#waiting = keys.map((key) => ({ key, size: sizeOf(partsOf(key), config.sizer) }));
    for (const { size } of this.#waiting) this.#room.occupy(size, 0);
    this.#sequence = Number(keys.at(-1)?.slice(0, SEQUENCE_DIGITS) ?? 0);
  }

  get size(): number {
    return this.#room.size;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  async offer(payload: Payload): Promise<void> {
    const { config, storage, wake } = this.#settings;
    const size = sizeOf(payload, config.sizer);
    await this.#room.enter(size, 0);
    const key = `${String(++this.#sequence).padStart(SEQUENCE_DIGITS, "0")} ${payload.counts.items} ${payload.byteLength}`;
    try {
      await storage.apply([{ key, value: valueOf(payload) }]);
    } catch (error) {
      this.#room.leave(size, 0);
      throw error;
    }
    this.#waiting.push({ key, size });
    wake();
  }

  async take(): Promise<Taken | undefined> {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return undefined;
    const { logger, signal, storage } = this.#settings;
    try {
      const value = await storage.get(waiting.key);
      if (value === undefined) throw new Error("it is not in the storage any more");
      return { payload: payloadIn(signal, value), done: (error) => this.#done(waiting, error) };
    } catch (error) {
      logger.error("Failed to read a request from the persistent queue. Dropping it.", { error: messageOf(error) });
      this.#remove(waiting);
      return undefined;
    }
  }

  refusal(): ConsumeError | undefined {
    return this.#room.refusal();
  }

  async close(): Promise<void> {
    this.#room.close();
    while (this.#removals.size > 0) await Promise.all(this.#removals);
    await this.#settings.storage.close();
  }

  /** What was interrupted stays in the storage; it is sent after the next start. */
  #done(waiting: Waiting, error: unknown): void {
    if (error === undefined || isPermanent(error)) this.#remove(waiting);
  }

  #remove({ key, size }: Waiting): void {
    const removal = this.#settings.storage
      .apply([{ key, value: undefined }])
      .catch(this.#settings.report)
      .finally(() => {
        this.#removals.delete(removal);
        this.#room.leave(size, 0);
      });
    this.#removals.add(removal);
  }
}

function partsOf(key: string): Pick<Payload, "counts" | "byteLength"> {
  const [, items = "0", bytes = "0"] = key.split(" ");
  return { counts: { resources: 0, metrics: 0, items: Number(items) }, byteLength: Number(bytes) };
}

function valueOf({ chunks, client }: Payload): Buffer {
  const sender =
    client === undefined ? "" : JSON.stringify({ ...client, metadata: [...client.metadata], auth: undefined });
  const text = Buffer.from(sender);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(text.length);
  return Buffer.concat([head, text, ...chunks]);
}

function payloadIn(signal: Signal, value: Uint8Array): Payload {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const start = HEAD_BYTES + bytes.readUInt32LE();
  const text = bytes.toString("utf8", HEAD_BYTES, start);
  const payload = payloadOf(signal, bytes.subarray(start));
  if (text === "") return payload;
  const { metadata, ...rest } = JSON.parse(text) as { metadata: [string, string[]][]; address?: string };
  const client: Client = { ...rest, metadata: new Map(metadata) };
  return { ...payload, client };
}
