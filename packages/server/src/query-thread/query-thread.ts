import { Worker } from "node:worker_threads";
import { messageOf, type Clock } from "@clew/base";
import type { OtlpSettings } from "@clew/otlp/prometheus";
import { type PromqlFeatures, QueryError } from "@clew/query";
import type { Store, ToldChanges } from "@clew/store";
import type { SampleCacheCounts } from "../metrics/sample-cache.ts";
import { AskedAnswer } from "./asked-answer.ts";
import type { AskedQuery, QueryAnswer, QueryRunner } from "./query-runner.ts";
import { errorOf, type FromThread, type ThreadSettings, type ToThread } from "./thread-messages.ts";

const PROGRAM = new URL("./query-thread-main.js", import.meta.url);
/** Labels, series and what is worked out; columns of samples stand beside it. Who needs more ends this thread, and nothing else. */
const DEFAULT_MAX_HEAP_MIB = 2_048;
/** Nobody has asked for so long: the thread and all that it keeps go. */
const IDLE_MS = 300_000;
const IDLE_CHECK_MS = 30_000;
/** A query that waits for the engine's next start should not wait much longer. */
const PORT_CHECK_MS = 500;
/** A thread that is so late with an answer is stuck. */
const STUCK_MS = 15_000;

const NOTHING: Pick<SampleCacheCounts, "hits" | "misses" | "evictions"> = { hits: 0, misses: 0, evictions: 0 };

export interface QueryThreadSettings {
  readonly store: Pick<Store, "engineLink" | "enginePort">;
  /** Where all changes of metrics are told; nothing is kept where absent. */
  readonly changes: ToldChanges | undefined;
  readonly clock: Clock;
  readonly otlp?: OtlpSettings | undefined;
  /** What queries may have beside what is stable. */
  readonly features: PromqlFeatures;
  /** How much of what queries read is kept for the next ones; nothing where 0. */
  readonly cacheBytes: number;
  /** Where this is run from its source: the program of the thread as it was built. */
  readonly program?: URL;
  readonly maxHeapMib?: number;
}

/** Works queries out in a thread of their own, so that none holds up what comes in. It starts with the first query. */
export class QueryThread implements QueryRunner {
  readonly #settings: QueryThreadSettings;
  readonly #answers = new Map<number, AskedAnswer>();
  #worker: Worker | undefined;
  #lastId = 0;
  #usedMs = 0;
  #cache: SampleCacheCounts | undefined;
  // Of threads that have ended.
  #past = NOTHING;
  #toldPort: number | undefined;
  // What goes on as long as the thread does.
  #endings: (() => void)[] = [];

  constructor(settings: QueryThreadSettings) {
    this.#settings = settings;
  }

  /** What became of selections, as of the last answer; undefined where nothing is kept. */
  get cacheCounts(): SampleCacheCounts | undefined {
    const { cacheBytes, changes } = this.#settings;
    if (cacheBytes === 0 || changes === undefined) return undefined;
    const past = this.#past;
    const now = this.#cache ?? { ...NOTHING, byteLength: 0, limitBytes: cacheBytes };
    return {
      ...now,
      hits: past.hits + now.hits,
      misses: past.misses + now.misses,
      evictions: past.evictions + now.evictions,
    };
  }

  run(asked: AskedQuery, signal: AbortSignal): Promise<QueryAnswer> {
    const worker = (this.#worker ??= this.#start());
    const { clock, store, changes } = this.#settings;
    const id = ++this.#lastId;
    this.#usedMs = clock.nowMs();
    const answer = new AskedAnswer({
      signal,
      clock,
      stuckMs: Math.max(0, asked.deadlineMs - clock.nowMs()) + STUCK_MS,
      tell: (kind) => tell(worker, { kind, id }),
      onStuck: () => this.#end(worker, "it did not answer in time"),
      onEnd: () => this.#answers.delete(id),
    });
    this.#answers.set(id, answer);
    const seriesVersion = changes?.seriesVersion ?? 0;
    const { enginePort } = store;
    this.#toldPort = enginePort;
    tell(worker, { kind: "ask", id, asked, enginePort, seriesVersion, canceled: answer.canceled });
    return answer.head;
  }

  /** Ends the thread; queries that are under way are canceled. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#ended(worker, "the program stops");
    await worker?.terminate();
  }

  #start(): Worker {
    const { store, otlp, features, cacheBytes, changes, clock } = this.#settings;
    const workerData: ThreadSettings = {
      engine: store.engineLink,
      otlp,
      features,
      cacheBytes,
      hearsOfChanges: changes !== undefined,
    };
    const { program = PROGRAM, maxHeapMib = DEFAULT_MAX_HEAP_MIB } = this.#settings;
    const worker = new Worker(program, {
      workerData,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMib },
    });
    worker.unref();
    worker.on("message", (message: FromThread) => this.#hear(message));
    worker.on("error", (error) => this.#ended(worker, reasonOf(error)));
    worker.on("exit", () => this.#ended(worker, "it ended"));
    this.#endings = [
      changes?.subscribe((fromMs) => tell(worker, { kind: "changed", fromMs })) ?? (() => {}),
      clock.every(IDLE_CHECK_MS, () => this.#endIfIdle()),
      clock.every(PORT_CHECK_MS, () => this.#tellPort(worker)),
    ];
    return worker;
  }

  #hear(message: FromThread): void {
    const answer = this.#answers.get(message.id);
    if (message.kind === "answer") {
      this.#cache = message.cache;
      answer?.begin(message);
    } else if (message.kind === "pieces") answer?.add(message.pieces, message.isLast);
    else answer?.fail(errorOf(message.failure));
  }

  #tellPort(worker: Worker): void {
    const { enginePort } = this.#settings.store;
    if (enginePort === this.#toldPort) return;
    this.#toldPort = enginePort;
    tell(worker, { kind: "port", enginePort });
  }

  #endIfIdle(): void {
    const worker = this.#worker;
    if (worker === undefined || this.#answers.size > 0 || this.#settings.clock.nowMs() - this.#usedMs < IDLE_MS) return;
    this.#end(worker, "nobody asked");
  }

  #end(worker: Worker, why: string): void {
    this.#ended(worker, why);
    void worker.terminate();
  }

  /** Whoever waits for it is told; the next query starts another. */
  #ended(worker: Worker | undefined, why: string): void {
    if (worker === undefined || worker !== this.#worker) return;
    this.#worker = undefined;
    for (const end of this.#endings.splice(0)) end();
    this.#past = this.cacheCounts ?? NOTHING;
    this.#cache = undefined;
    const error = new QueryError("QUERY_EXECUTION", `the thread of queries was ended: ${why}`);
    for (const answer of this.#answers.values()) answer.fail(error);
  }
}

function tell(worker: Worker, message: ToThread): void {
  worker.postMessage(message, []);
}

function reasonOf(error: unknown): string {
  const { code } = error as { readonly code?: string };
  return code === "ERR_WORKER_OUT_OF_MEMORY" ? "a query needed more memory than it may have" : messageOf(error);
}
