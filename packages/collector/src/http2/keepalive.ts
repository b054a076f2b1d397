/** When to ask whether a client is still there, when to part from it, and how often it may ask us. */

export interface KeepaliveSettings {
  /** A connection without a request may last as long. */
  readonly maxConnectionIdleMs: number;
  /** Any connection may last as long, and then as much longer as its requests need. */
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  /** A client that was silent for `timeMs` is asked, and must answer within `timeoutMs`. */
  readonly timeMs: number;
  readonly timeoutMs: number;
  /** A client must not ask us more often than that, nor at all while it has no request unless this is permitted. */
  readonly minPingIntervalMs: number;
  readonly permitWithoutStream: boolean;
}

/** Pings that come too early are forgiven so often between two answers. */
const MAX_PING_STRIKES = 2;
/** Without requests, pings that are not permitted are still let pass at this interval. */
const IDLE_PING_INTERVAL_MS = 2 * 60 * 60 * 1_000;

export class Keepalive {
  readonly #settings: KeepaliveSettings;
  readonly #openedMs: number;
  #heardMs: number;
  #idleSinceMs: number;
  #askedMs: number | undefined;
  #lastPingMs = -Infinity;
  #strikes = 0;

  constructor(settings: KeepaliveSettings, nowMs: number) {
    this.#settings = settings;
    this.#openedMs = nowMs;
    this.#heardMs = nowMs;
    this.#idleSinceMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#askedMs = undefined;
  }

  idleSince(nowMs: number): void {
    this.#idleSinceMs = nowMs;
  }

  answered(): void {
    this.#strikes = 0;
    this.#lastPingMs = -Infinity;
  }

  /** Whether a ping of the client is borne. */
  mayPing(nowMs: number, inHand: number): boolean {
    const { minPingIntervalMs, permitWithoutStream } = this.#settings;
    const interval = inHand === 0 && !permitWithoutStream ? IDLE_PING_INTERVAL_MS : minPingIntervalMs;
    if (nowMs < this.#lastPingMs + interval) this.#strikes++;
    this.#lastPingMs = nowMs;
    return this.#strikes <= MAX_PING_STRIKES;
  }

  /** What the time asks for, if anything. */
  due(nowMs: number, inHand: number): "ping" | "close" | "destroy" | undefined {
    const { maxConnectionIdleMs, maxConnectionAgeMs, maxConnectionAgeGraceMs, timeMs, timeoutMs } = this.#settings;
    const ageMs = nowMs - this.#openedMs;
    if (ageMs >= maxConnectionAgeMs + maxConnectionAgeGraceMs) return "destroy";
    if (this.#askedMs !== undefined && nowMs - this.#askedMs >= timeoutMs) return "destroy";
    if (ageMs >= maxConnectionAgeMs) return "close";
    if (inHand === 0 && nowMs - this.#idleSinceMs >= maxConnectionIdleMs) return "close";
    if (this.#askedMs === undefined && nowMs - this.#heardMs >= timeMs) {
      this.#askedMs = nowMs;
      return "ping";
    }
    return undefined;
  }
}
