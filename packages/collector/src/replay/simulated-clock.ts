import type { Clock } from "@clew/base";

interface Task {
  dueMs: number;
  readonly task: () => void;
  readonly everyMs?: number;
}

/** Time that moves only when told to. */
export class SimulatedClock implements Clock {
  #nowMs: number;
  readonly #tasks: Task[] = [];

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#add({ dueMs: this.#nowMs + delayMs, task });
  }

  every(intervalMs: number, task: () => void): () => void {
    return this.#add({ dueMs: this.#nowMs + intervalMs, task, everyMs: intervalMs });
  }

  get pending(): number {
    return this.#tasks.length;
  }

  /** Runs what falls due meanwhile, in order. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#tasks.filter((one) => one.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.#nowMs = due.dueMs;
      if (due.everyMs === undefined) this.#tasks.splice(this.#tasks.indexOf(due), 1);
      else due.dueMs += due.everyMs;
      due.task();
    }
    this.#nowMs = endMs;
  }

  #add(entry: Task): () => void {
    this.#tasks.push(entry);
    return () => {
      const at = this.#tasks.indexOf(entry);
      if (at >= 0) this.#tasks.splice(at, 1);
    };
  }
}
