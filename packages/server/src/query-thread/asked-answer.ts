import type { Clock } from "@clew/base";
import { QueryError } from "@clew/query";
import type { QueryAnswer } from "./query-runner.ts";

/** What came of the answer's pieces, and whether there are more. */
interface Batch {
  readonly pieces: readonly Uint8Array[];
  readonly isLast: boolean;
}

export interface AskedAnswerSettings {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** When there is still no answer, the thread is stuck. */
  readonly stuckMs: number;
  /** Says something about this query to the thread. */
  readonly tell: (kind: "more" | "cancel") => void;
  readonly onStuck: () => void;
  /** Nothing more of it is waited for. */
  readonly onEnd: () => void;
}

/** An answer that another thread works out. */
export class AskedAnswer {
  /** Settles with what comes before the pieces. */
  readonly head: Promise<QueryAnswer>;
  /** Shared with the thread: 1 once nobody waits. */
  readonly canceled: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  readonly #settings: AskedAnswerSettings;
  readonly #batches: Batch[] = [];
  readonly #cancelTimer: () => void;
  readonly #abort = (): void => this.#cancel();
  #failure: Error | undefined;
  #isOver = false;
  #resolveHead: (head: QueryAnswer) => void = () => {};
  #rejectHead: (error: Error) => void = () => {};
  // Told when a batch has come, or the failure.
  #wake: () => void = () => {};

  constructor(settings: AskedAnswerSettings) {
    this.#settings = settings;
    this.head = new Promise((resolve, reject) => {
      this.#resolveHead = resolve;
      this.#rejectHead = reject;
    });
    this.#cancelTimer = settings.clock.after(settings.stuckMs, () => settings.onStuck());
    settings.signal.addEventListener("abort", this.#abort);
    if (settings.signal.aborted) this.#cancel();
  }

  begin({ warnings, infos, isCut }: Omit<QueryAnswer, "pieces">): void {
    this.#cancelTimer();
    this.#resolveHead({ pieces: this.#pieces(), warnings, infos, isCut });
  }

  add(pieces: readonly Uint8Array[], isLast: boolean): void {
    this.#batches.push({ pieces, isLast });
    if (isLast) this.#end();
    this.#wake();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#end();
    this.#rejectHead(error);
    this.#wake();
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const batch = this.#batches.shift();
        if (batch === undefined) {
          if (this.#failure !== undefined) throw this.#failure;
          await new Promise<void>((resolve) => (this.#wake = resolve));
          continue;
        }
        if (!batch.isLast) this.#settings.tell("more");
        yield* batch.pieces;
        if (batch.isLast) return;
      }
    } finally {
      // Whoever stops reading wants nothing more.
      this.#cancel();
    }
  }

  #cancel(): void {
    if (this.#isOver) return;
    Atomics.store(this.canceled, 0, 1);
    this.#settings.tell("cancel");
    this.fail(new QueryError("QUERY_CANCELED", "query was canceled in expression evaluation"));
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#settings.signal.removeEventListener("abort", this.#abort);
    this.#settings.onEnd();
  }
}
