/** Where targets come from. A source tells all it knows at once, and again whenever that changes. */
import type { Logger } from "../telemetry/logger.ts";
import { messageOf, type Clock } from "@clew/base";
import type { Labels } from "../relabel/labels.ts";
import type { TargetGroup } from "./target-group.ts";

/** What discovery needs of the world. */
export interface DiscoverySettings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Takes stray errors. */
  readonly report: (error: unknown) => void;
}

export interface DiscoverySource {
  start(found: (targets: readonly Labels[]) => void): void;
  stop(): Promise<void>;
}

/** Targets of a group, with its labels and `more`. */
export function labelsOfGroup({ targets, labels }: TargetGroup, more: Readonly<Record<string, string>> = {}): Labels[] {
  return targets.map((address) => new Map([...Object.entries({ ...labels, ...more }), ["__address__", address]]));
}

/** Asks anew every so often. An answer that does not come leaves the last one standing. */
export class RefreshingSource implements DiscoverySource {
  readonly #settings: Pick<DiscoverySettings, "logger" | "report">;
  readonly #clock: Clock;
  readonly #refreshMs: number;
  readonly #what: string;
  readonly #ask: (signal: AbortSignal) => Promise<readonly Labels[]>;
  readonly #abort = new AbortController();
  #cancel: (() => void) | undefined;
  #asking: Promise<void> | undefined;
  // Whether something has changed since the answer under way was asked for.
  #isOutdated = false;
  #found: (targets: readonly Labels[]) => void = () => {};

  constructor(
    settings: DiscoverySettings,
    what: string,
    refreshMs: number,
    ask: (signal: AbortSignal) => Promise<readonly Labels[]>,
  ) {
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#what = what;
    this.#refreshMs = refreshMs;
    this.#ask = ask;
  }

  start(found: (targets: readonly Labels[]) => void): void {
    this.#found = found;
    this.refresh();
    this.#cancel = this.#clock.every(this.#refreshMs, () => this.refresh());
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#abort.abort();
    await this.#asking;
  }

  /** Asks now, as something has changed. Nothing after `stop`. */
  refresh(): void {
    if (this.#abort.signal.aborted) return;
    if (this.#asking !== undefined) {
      this.#isOutdated = true;
      return;
    }
    this.#isOutdated = false;
    this.#asking = this.#ask(this.#abort.signal)
      .then(this.#found, (error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#settings.logger.error("Unable to refresh target groups", {
          discovery: this.#what,
          error: messageOf(error),
        });
      })
      .catch(this.#settings.report)
      .finally(() => {
        this.#asking = undefined;
        if (this.#isOutdated) this.refresh();
      });
  }
}
