/** Remembers what receivers were told, so that they hear it once, over restarts too. */
import type { Clock } from "@clew/base";
import type { NotifiedAlert } from "./notification.ts";
import type { StateFile } from "./state-file.ts";

/** What was told longer ago is forgotten, and told again. */
const RETENTION_MS = 120 * 3_600_000;

interface Entry {
  readonly key: string;
  readonly timeMs: number;
  /** Keys of label sets. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
}

export class NotificationLog {
  readonly #clock: Clock;
  readonly #file: StateFile;
  readonly #entries = new Map<string, Entry>();
  #saving: Promise<void> = Promise.resolve();

  private constructor(clock: Clock, file: StateFile) {
    this.#clock = clock;
    this.#file = file;
  }

  /** With what was kept. Rejects where the file is none of ours. */
  static async open(clock: Clock, file: StateFile): Promise<NotificationLog> {
    const log = new NotificationLog(clock, file);
    const text = await file.read();
    const kept = text === undefined ? [] : (JSON.parse(text) as readonly Entry[]);
    for (const entry of kept) log.#entries.set(entry.key, entry);
    return log;
  }

  /** Whether a receiver has to be told what it does not know, or has to be reminded. */
  needsTelling(
    key: string,
    alerts: readonly NotifiedAlert[],
    sendResolved: boolean,
    repeatIntervalMs: number,
  ): boolean {
    const { firing, resolved } = keysOf(alerts);
    const entry = this.#entries.get(key);
    if (entry === undefined) return firing.length > 0;
    if (!isSubset(firing, entry.firing)) return true;
    if (firing.length === 0) return entry.firing.length > 0;
    if (sendResolved && !isSubset(resolved, entry.resolved)) return true;
    return entry.timeMs < this.#clock.nowMs() - repeatIntervalMs;
  }

  /** Resolves when it is kept. */
  told(key: string, alerts: readonly NotifiedAlert[]): Promise<void> {
    this.#entries.set(key, { key, timeMs: this.#clock.nowMs(), ...keysOf(alerts) });
    const saving = this.#saving.then(() => this.#save());
    this.#saving = saving.catch(() => {});
    return saving;
  }

  #save(): Promise<void> {
    const oldestMs = this.#clock.nowMs() - RETENTION_MS;
    for (const { key, timeMs } of this.#entries.values()) if (timeMs < oldestMs) this.#entries.delete(key);
    return this.#file.write(JSON.stringify([...this.#entries.values()]));
  }
}

function keysOf(alerts: readonly NotifiedAlert[]): Pick<Entry, "firing" | "resolved"> {
  const those = (wanted: boolean): string[] =>
    alerts.filter(({ isResolved }) => isResolved === wanted).map(({ labels }) => labels.key);
  return { firing: those(false), resolved: those(true) };
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  const known = new Set(all);
  return some.every((one) => known.has(one));
}
