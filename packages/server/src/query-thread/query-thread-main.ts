/** The thread that works queries out: what `QueryThread` starts. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "@clew/base";
import { linkedClient, type PointListener } from "@clew/store";
import { querierOf } from "../metrics/querier-of.ts";
import { LocalQueries } from "./local-queries.ts";
import type { QueryAnswer } from "./query-runner.ts";
import { failureOf, type FromThread, type ThreadSettings, type ToThread } from "./thread-messages.ts";

/** About so much of an answer is sent at once; the rest is made when that is read. */
const SENT_AT_ONCE_BYTES = 1_048_576;

/** What is under way, by the query's number. */
const cancels = new Map<number, () => void>();
const awaited = new Map<number, () => void>();
const listeners = new Set<PointListener>();
const changes = {
  seriesVersion: 0,
  subscribe(listener: PointListener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
let enginePort: number | undefined;

const { engine, otlp, features, cacheBytes, hearsOfChanges } = workerData as ThreadSettings;
const client = linkedClient(engine, () => enginePort);
const querier = querierOf(
  { client, metricChanges: hearsOfChanges ? changes : undefined },
  {
    clock: systemClock,
    otlp,
    typeAndUnitLabels: features.typeAndUnitLabels,
    cacheBytes,
  },
);
const queries = new LocalQueries({ querier, clock: systemClock, features });

parentPort?.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "ask":
      changes.seriesVersion = message.seriesVersion;
      enginePort = message.enginePort;
      return void answer(message);
    case "port":
      enginePort = message.enginePort;
      return;
    case "changed":
      for (const listener of listeners) listener(message.fromMs);
      return;
    case "cancel":
      cancels.get(message.id)?.();
      awaited.get(message.id)?.();
      return;
    case "more":
      return awaited.get(message.id)?.();
  }
});

async function answer({ id, asked, canceled }: Extract<ToThread, { kind: "ask" }>): Promise<void> {
  const controller = new AbortController();
  cancels.set(id, () => controller.abort());
  const isCanceled = (): boolean => Atomics.load(canceled, 0) === 1;
  if (isCanceled()) controller.abort();
  try {
    const { pieces, warnings, infos, isCut } = await queries.run(asked, controller.signal, isCanceled);
    tell({ kind: "answer", id, warnings, infos, isCut, cache: querier.cacheCounts });
    await sendPieces(id, pieces, controller.signal);
  } catch (thrown) {
    tell({ kind: "failed", id, failure: failureOf(thrown) });
  } finally {
    cancels.delete(id);
    awaited.delete(id);
  }
}

async function sendPieces(id: number, pieces: QueryAnswer["pieces"], signal: AbortSignal): Promise<void> {
  const encoder = new TextEncoder();
  let batch: Uint8Array<ArrayBuffer>[] = [];
  let byteLength = 0;
  for await (const piece of pieces) {
    if (byteLength >= SENT_AT_ONCE_BYTES) {
      send(id, batch, false);
      [batch, byteLength] = [[], 0];
      await new Promise<void>((resolve) => awaited.set(id, resolve));
      if (signal.aborted) return;
    }
    const bytes = typeof piece === "string" ? encoder.encode(piece) : (piece as Uint8Array<ArrayBuffer>);
    batch.push(bytes);
    byteLength += bytes.length;
  }
  send(id, batch, true);
}

function send(id: number, pieces: readonly Uint8Array<ArrayBuffer>[], isLast: boolean): void {
  const message: FromThread = { kind: "pieces", id, pieces, isLast };
  parentPort?.postMessage(message, [...new Set(pieces.map(({ buffer }) => buffer))]);
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message, []);
}
