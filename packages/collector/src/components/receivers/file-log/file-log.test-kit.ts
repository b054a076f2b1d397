/** Runs a `file_log` receiver over a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  decode,
  payloadBytes,
  PROTOCOLS,
  type AnyValueObject,
  type LogRecordObject,
  type LogsObject,
} from "@clew/otlp";
import type { Payload } from "@clew/otlp";
import { expect, onTestFinished } from "vitest";
import { ManualClock, until } from "../../../collector.test-kit.ts";
import { componentSettings, type ComponentKit } from "../../../component.test-kit.ts";
import type { Extension, StorageChange } from "../../../extension.ts";
import { Place } from "../../../schema/place.ts";
import { schema, type FileLogConfig } from "./config.ts";
import { FileLogReceiver } from "./file-log.ts";

export function readConfig(config: object): FileLogConfig {
  const place = new Place("receivers::file_log", []);
  const read = schema.read(config, place);
  expect(place.problems).toEqual([]);
  return read;
}

export function problemsOf(config: object): string[] {
  const place = new Place("", []);
  schema.read(config, place);
  return place.problems.map(({ what }) => what);
}

/** A storage extension that outlives receivers. */
export function memoryStorage(): Extension {
  const kept = new Map<string, Uint8Array>();
  const client = {
    get: (key: string) => Promise.resolve(kept.get(key)),
    keys: () => [...kept.keys()],
    apply(changes: readonly StorageChange[]) {
      for (const { key, value } of changes) {
        if (value === undefined) kept.delete(key);
        else kept.set(key, value);
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return {
    start: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    storage: { open: () => Promise.resolve(client) },
  };
}

class PollClock extends ManualClock {
  /** How often something waits for the time of a poll. */
  polls = 0;

  override after(delayMs: number, task: () => void): () => void {
    if (delayMs === POLL_MS) this.polls++;
    return super.after(delayMs, task);
  }
}

const POLL_MS = 200;

export class FileLog {
  readonly directory: string = mkdtempSync(join(tmpdir(), "clew-file-log-"));
  readonly clock = new PollClock();
  readonly payloads: Payload[] = [];
  readonly kit: ComponentKit;
  answer: () => Promise<void> = () => Promise.resolve();
  #receiver: FileLogReceiver | undefined;

  constructor(extensions: Readonly<Record<string, Extension>> = {}) {
    this.kit = componentSettings("receiver", "file_log", this.clock, extensions);
    onTestFinished(async () => {
      await this.stop();
      rmSync(this.directory, { recursive: true });
    });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts it, from the beginning of files unless `config` says otherwise, and waits for the first poll. */
  async start(config: object = {}): Promise<void> {
    const read = readConfig({ include: [this.path("*.log")], start_at: "beginning", ...config });
    const before = this.clock.polls;
    this.#receiver = new FileLogReceiver(this.kit.settings, read, {
      logs: {
        consume: async (payload) => {
          await this.answer();
          this.payloads.push(payload);
        },
      },
    });
    await this.#receiver.start();
    await until(() => this.clock.polls > before);
  }

  async stop(): Promise<void> {
    await this.#receiver?.shutdown();
    this.#receiver = undefined;
  }

  /** Lets time pass, poll by poll. */
  async poll(ms: number = POLL_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += POLL_MS) {
      const before = this.clock.polls;
      this.clock.advance(POLL_MS);
      await until(() => this.clock.polls > before);
    }
  }

  get resourceLogs(): LogsObject["resourceLogs"] {
    return this.payloads.flatMap(
      (payload) => (decode(PROTOCOLS.logs.request, payloadBytes(payload)) as unknown as LogsObject).resourceLogs,
    );
  }

  get records(): LogRecordObject[] {
    return this.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
  }

  get bodies(): unknown[] {
    return this.records.map(({ body }) => plain(body));
  }

  /** For records whose order does not matter. */
  get sortedBodies(): string[] {
    return this.bodies.map(String).sort();
  }

  get attributes(): Record<string, unknown>[] {
    return this.records.map(({ attributes }) => plainMap(attributes));
  }
}

export function plainMap(
  attributes: readonly { readonly key: string; readonly value?: AnyValueObject }[],
): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: AnyValueObject | undefined): unknown {
  if (value?.kvlistValue !== undefined) return plainMap(value.kvlistValue.values);
  if (value?.arrayValue !== undefined) return value.arrayValue.values.map(plain);
  return value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue ?? value?.bytesValue;
}
