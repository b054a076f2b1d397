/** What is scraped and how that goes, for whoever shows it. */
import type { Labels } from "../../../relabel/labels.ts";
import type { RelabelConfig } from "../../../relabel/relabel-config.ts";

export interface ScrapedTarget {
  readonly url: string;
  /** What its samples get. */
  readonly labels: Labels;
  /** Before relabelling. */
  readonly discovered: Labels;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Undefined before the first scrape, as is `isUp`. */
  readonly lastScrapeMs: number | undefined;
  readonly lastScrapeSeconds: number;
  /** Empty where the last scrape went well. */
  readonly lastError: string;
  readonly isUp: boolean | undefined;
  /** What it last told of its metrics. */
  readonly metadata: readonly {
    readonly metric: string;
    readonly type: string;
    readonly help: string;
    readonly unit: string;
  }[];
}

/** What one rule made of a label set; empty where it, or one before it, dropped it. */
export interface RelabelStep {
  readonly rule: Readonly<Record<string, unknown>>;
  readonly output: Labels;
  readonly keep: boolean;
}

export interface ScrapePoolState {
  /** `job_name`. */
  readonly name: string;
  /** Its settings, without how it authenticates. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly active: readonly ScrapedTarget[];
  /** What relabelling dropped, as it was found. */
  readonly dropped: readonly Labels[];
  relabelSteps(labels: Labels): readonly RelabelStep[];
}

/** The pools of all receivers that were given this, and the way to give these receivers another configuration. */
export class ScrapedTargets {
  readonly #pools = new Set<() => ScrapePoolState>();
  readonly #receivers = new Set<(config: unknown) => Promise<void>>();

  /** Until the returned function is called. */
  add(pool: () => ScrapePoolState): () => void {
    this.#pools.add(pool);
    return () => this.#pools.delete(pool);
  }

  /** `reconfigure` is given what `reload` is given, until the returned function is called. */
  addReceiver(reconfigure: (config: unknown) => Promise<void>): () => void {
    this.#receivers.add(reconfigure);
    return () => this.#receivers.delete(reconfigure);
  }

  /** Whether anything is scraped, so that there is something to reload. */
  get hasReceiver(): boolean {
    return this.#receivers.size > 0;
  }

  /** Gives receivers another `config` while they run. Rejects with `CONFIG_INVALID`; nothing has changed then. */
  async reload(config: unknown): Promise<void> {
    for (const reconfigure of this.#receivers) await reconfigure(config);
  }

  /** By name. */
  pools(): readonly ScrapePoolState[] {
    return [...this.#pools].map((pool) => pool()).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** A rule as a configuration file has it. */
export function ruleFields(rule: RelabelConfig): Readonly<Record<string, unknown>> {
  const { source_labels, separator, target_label, modulus, replacement, action } = rule;
  const regex = rule.regex.source.replace(/^\^\(\?:([\s\S]*)\)\$$/, "$1");
  return {
    ...(source_labels.length === 0 ? {} : { source_labels }),
    separator,
    regex,
    ...(modulus === 0 ? {} : { modulus }),
    ...(target_label === "" ? {} : { target_label }),
    replacement,
    action,
  };
}
