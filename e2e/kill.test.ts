/**
 * SIGKILL at random moments under load, to the program or to its engine: what was
 * acknowledged is there afterwards, and nothing is there twice.
 */
import { randomBytes, randomInt } from "node:crypto";
import { createClient } from "@clickhouse/client";
import { encode, PROTOCOLS, type Signal } from "@clew/otlp";
import { afterAll, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const KILLS = 20;
const SENDERS = 4;
const ITEMS_PER_REQUEST = 25;
const TABLES = { traces: "otel_traces", logs: "otel_logs" } as const;

const directory = temporaryDirectory();
let clew: RunningClew | undefined;

afterAll(async () => {
  await clew?.stop();
  directory.remove();
});

/** Sends requests one after the other until it is stopped; a request is one trace id, whose spans or logs it carries. */
class Sender {
  readonly acknowledged: { readonly traces: string[]; readonly logs: string[] } = { traces: [], logs: [] };
  #stopped = false;
  #running: Promise<void> | undefined;

  start(baseUrl: string): void {
    this.#stopped = false;
    this.#running = this.#run(baseUrl);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(baseUrl: string): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const signal = i % 2 === 0 ? "traces" : "logs";
      const traceId = randomBytes(16);
      try {
        const response = await fetch(baseUrl + PROTOCOLS[signal].httpPath, {
          method: "POST",
          headers: { "Content-Type": "application/x-protobuf" },
          body: Buffer.from(requestOf(signal, traceId)),
        });
        await response.arrayBuffer();
        if (response.ok) this.acknowledged[signal].push(traceId.toString("hex"));
      } catch {
        // The program was killed before it answered: what was sent may be there or not.
        if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }
}

function requestOf(signal: Signal, traceId: Buffer): Uint8Array {
  const now = BigInt(Date.now()) * 1_000_000n;
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "survivor" } }] };
  const ids = Array.from({ length: ITEMS_PER_REQUEST }, () => ({ traceId, spanId: randomBytes(8) }));
  if (signal === "traces") {
    const spans = ids.map((id) => ({ ...id, name: "work", startTimeUnixNano: now, endTimeUnixNano: now + 1_000n }));
    return encode(PROTOCOLS.traces.request, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  }
  const logRecords = ids.map((id) => ({ ...id, timeUnixNano: now, body: { stringValue: "still here" } }));
  return encode(PROTOCOLS.logs.request, { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
}

test(
  `after ${KILLS} kills nothing acknowledged is missing and nothing is there twice`,
  { timeout: 240_000 },
  async () => {
    const senders = Array.from({ length: SENDERS }, () => new Sender());
    clew = await startClew(directory.path, ["--clickhouse-port", "0"]);
    for (const sender of senders) sender.start(clew.otlpHttp);
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, randomInt(50, 900)));
      if (kill % 2 === 0) await killEngine(clew);
      else clew = await killProgram(clew, senders);
    }
    await Promise.all(senders.map((sender) => sender.stop()));
    await eventually(
      () => status(clew!),
      ({ store }) => store.engineReady && store.spoolBytes === 0,
    );

    for (const [signal, table] of Object.entries(TABLES) as ["traces" | "logs", string][]) {
      const acknowledged = senders.flatMap((sender) => sender.acknowledged[signal]);
      const stored = await storedIds(clew, table);
      expect(acknowledged.length).toBeGreaterThan(100);
      expect(acknowledged.filter((id) => stored.get(id) !== ITEMS_PER_REQUEST)).toEqual([]);
      expect([...stored].filter(([, count]) => count !== ITEMS_PER_REQUEST)).toEqual([]);
    }
  },
);

interface Status {
  readonly store: {
    readonly engineReady: boolean;
    readonly enginePid: number;
    readonly spoolBytes: number;
    readonly engineRestarts: number;
  };
}

function status({ ui }: RunningClew): Promise<Status> {
  return getJson(`${ui}/api/clew/v1/status`);
}

/** The program goes on acknowledging meanwhile, and starts another engine. */
async function killEngine(running: RunningClew): Promise<void> {
  const { store } = await eventually(
    () => status(running),
    (answer) => answer.store.engineReady,
  );
  process.kill(store.enginePid, "SIGKILL");
  await eventually(
    () => status(running),
    (answer) => answer.store.engineReady && answer.store.engineRestarts > store.engineRestarts,
  );
}

async function killProgram(running: RunningClew, senders: readonly Sender[]): Promise<RunningClew> {
  const ended = new Promise((resolve) => running.process.once("exit", resolve));
  running.process.kill("SIGKILL");
  await ended;
  await Promise.all(senders.map((sender) => sender.stop()));
  const next = await startClew(directory.path, ["--clickhouse-port", "0"]);
  for (const sender of senders) sender.start(next.otlpHttp);
  return next;
}

/** How often each request's id stands in a table, asked of the engine itself: readers would hide what is there twice. */
async function storedIds({ clickhouse }: RunningClew, table: string): Promise<Map<string, number>> {
  const client = createClient({ url: clickhouse });
  const result = await client.query({
    query: `SELECT TraceId, toUInt32(count()) FROM ${table} GROUP BY TraceId`,
    format: "JSONCompactEachRow",
  });
  const rows = (await result.json()) as unknown as [string, number][];
  await client.close();
  return new Map(rows);
}
