import type { EmbeddedSession, OpenSession } from "./embedded-session.ts";

/**
 * A fixed number of sessions for one kind of work. A session does one thing at a time, so
 * whoever wants one waits for its turn; reads and inserts have pools of their own, that a
 * slow query may never delay an insert.
 */
export class SessionPool {
  readonly #idle: EmbeddedSession[] = [];
  readonly #waiting: ((session: EmbeddedSession) => void)[] = [];

  constructor(open: OpenSession, size: number) {
    for (let i = 0; i < size; i++) this.#idle.push(open());
  }

  /** Runs `task` with a session of its own. */
  async use<T>(task: (session: EmbeddedSession) => Promise<T>): Promise<T> {
    const session = this.#idle.pop() ?? (await new Promise<EmbeddedSession>((resolve) => this.#waiting.push(resolve)));
    try {
      return await task(session);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(session);
      else next(session);
    }
  }

  close(): void {
    for (const session of this.#idle.splice(0)) session.close();
  }
}
