import { messageOf, type Clock } from "@clew/base";
import { isDisconnected, type EngineClient } from "./engine/engine-client.ts";
import { blocksByTarget, readFrames } from "./spool/segment.ts";
import type { Spool } from "./spool/spool.ts";

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Errors that the same block will meet again: syntax, unknown table or column, unreadable data, wrong type. */
const HOPELESS = new Set(["6", "8", "16", "20", "27", "33", "36", "44", "47", "53", "60", "62", "81", "117", "432"]);

export interface DrainSettings {
  readonly spool: Spool;
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/** Moves closed segments into the engine, oldest first; a segment that was inserted before a crash is not inserted twice. */
export class Drain {
  readonly #settings: DrainSettings;
  #running: Promise<void> | undefined;
  #stopped = false;
  rejectedSegments = 0;

  constructor(settings: DrainSettings) {
    this.#settings = settings;
  }

  /** Resolves when no closed segment is left, or after `stop`. Calls while it runs share the run. */
  run(): Promise<void> {
    this.#running ??= this.#drainAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends the run after the attempt in hand. What is left will be drained by the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #drainAll(): Promise<void> {
    const { spool, clock, report } = this.#settings;
    let retryMs = FIRST_RETRY_MS;
    for (let name = spool.oldestClosed; name !== undefined && !this.#stopped; name = spool.oldestClosed) {
      try {
        await this.#drain(name);
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (isHopeless(error)) {
          const path = await spool.putAside(name);
          this.rejectedSegments++;
          report(`The engine will not take a block; it was put aside as ${path}: ${messageOf(error)}`);
          continue;
        }
        if (!isDisconnected(error)) report(`The engine did not take a block, trying again: ${messageOf(error)}`);
        await new Promise<void>((resolve) => clock.after(retryMs, resolve));
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }
  }

  async #drain(name: string): Promise<void> {
    const { spool, client } = this.#settings;
    const targets = blocksByTarget(readFrames(await spool.read(name)));
    for (const [target, blocks] of targets) await client.insertNative(target, blocks, `${name} ${target}`);
    await spool.remove(name);
  }
}

function isHopeless(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && HOPELESS.has(code);
}
