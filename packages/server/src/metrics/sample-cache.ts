/**
 * Samples that queries read, kept for those who ask for the same series again: a dashboard does every few seconds, a
 * rule as often as it is evaluated. Only what has come since is read then. What is kept is never older than what is
 * stored: the store tells from which time on points have changed.
 */
import type { Clock } from "@clew/base";
import type { SelectRequest, SeriesSamples } from "@clew/query";
import type { MillisWindow, ToldChanges } from "@clew/store";
import { type Kept, KeptSamples } from "./kept-samples.ts";
import { appended, compacted, within } from "./sample-windows.ts";

export interface ReadSamples {
  readonly samples: readonly SeriesSamples[];
  /** Whether each sample is what it is whatever the window. */
  readonly mayBeKept: boolean;
  /** Whether that goes for a window that begins earlier, too. */
  readonly mayBeJoined: boolean;
}

type Read = (request: SelectRequest, signal: AbortSignal) => Promise<ReadSamples>;

/** While it is under way, points may change. */
interface Reading extends MillisWindow {
  readonly done: Promise<void>;
  /** What is read is all that there is up to here. */
  wholeUntilMs: number;
}

export interface SampleCacheSettings {
  readonly changes: ToldChanges;
  readonly clock: Clock;
  /** The most that is kept. */
  readonly limitBytes: number;
}

/** What became of selections, and what is kept. */
export interface SampleCacheCounts {
  readonly byteLength: number;
  readonly limitBytes: number;
  /** Answered from memory, wholly or but for their end. */
  readonly hits: number;
  readonly misses: number;
  /** Forgotten, or not kept, because of the limit. */
  readonly evictions: number;
}

export class SampleCache {
  readonly #settings: SampleCacheSettings;
  readonly #kept: KeptSamples;
  // By selection
  readonly #readings = new Map<string, Set<Reading>>();
  #hits = 0;
  #misses = 0;

  constructor(settings: SampleCacheSettings) {
    this.#settings = settings;
    this.#kept = new KeptSamples(settings.clock, settings.limitBytes);
    settings.changes.subscribe((fromMs) => this.#changed(fromMs));
  }

  get counts(): SampleCacheCounts {
    const { byteLength, evictions } = this.#kept;
    return {
      byteLength,
      limitBytes: this.#settings.limitBytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions,
    };
  }

  /** What `read` gives for the request. The samples are shared: they must not be changed. Rejects as `read` does. */
  async select(request: SelectRequest, signal: AbortSignal, read: Read): Promise<readonly SeriesSamples[]> {
    const selection = selectionOf(request);
    const others = this.#othersReading(selection, request);
    if (others !== undefined && !covers(this.#kept.get(selection), request)) await settledOrAborted(others, signal);
    const kept = this.#kept.get(selection);
    if (covers(kept, request)) {
      this.#hits++;
      return within(kept.samples, request);
    }
    return this.#duringReading(selection, request, async (reading) => {
      const begun = kept !== undefined && covers(kept, { ...request, endMs: request.startMs }) ? kept : undefined;
      const { mayBeKept, ...all } =
        (begun && (await this.#readRest(begun, request, signal, read))) ?? (await this.#readAll(request, signal, read));
      if (mayBeKept) this.#kept.set(selection, { ...all, endMs: Math.min(request.endMs, reading.wholeUntilMs) });
      return within(all.samples, request);
    });
  }

  async #readAll(
    request: SelectRequest,
    signal: AbortSignal,
    read: Read,
  ): Promise<Kept & { readonly mayBeKept: boolean }> {
    this.#misses++;
    const { startMs, endMs } = request;
    const readMs = this.#settings.clock.nowMs();
    const { samples, mayBeKept } = await read(request, signal);
    const columns = mayBeKept ? compacted(samples) : samples;
    return { startMs, endMs, spanMs: endMs - startMs, readMs, samples: columns, mayBeKept };
  }

  /** What is kept and what came after it, for as long a window as anybody asked for; undefined where they can't be joined. */
  async #readRest(
    kept: Kept,
    request: SelectRequest,
    signal: AbortSignal,
    read: Read,
  ): Promise<(Kept & { readonly mayBeKept: boolean }) | undefined> {
    const { endMs: keptUntilMs, samples } = kept;
    const rest = await read({ ...request, startMs: keptUntilMs }, signal);
    if (!rest.mayBeKept || !rest.mayBeJoined) return undefined;
    this.#hits++;
    const { endMs } = request;
    const spanMs = Math.max(endMs - request.startMs, kept.spanMs);
    const startMs = Math.max(endMs - spanMs, kept.startMs);
    const joined = compacted(appended(within(samples, { startMs, endMs: keptUntilMs }), rest.samples));
    return { startMs, endMs, spanMs, readMs: kept.readMs, samples: joined, mayBeKept: true };
  }

  async #duringReading<T>(
    selection: string,
    { startMs, endMs }: MillisWindow,
    work: (reading: Reading) => Promise<T>,
  ): Promise<T> {
    let end = (): void => {};
    const done = new Promise<void>((resolve) => (end = resolve));
    const reading: Reading = { startMs, endMs, done, wholeUntilMs: Infinity };
    const readings = this.#readings.get(selection) ?? new Set();
    this.#readings.set(selection, readings.add(reading));
    try {
      return await work(reading);
    } finally {
      readings.delete(reading);
      if (readings.size === 0) this.#readings.delete(selection);
      end();
    }
  }

  /** Of somebody who reads as much already, as the panels of a dashboard do at once. */
  #othersReading(selection: string, { startMs, endMs }: MillisWindow): Promise<void> | undefined {
    const readings = [...(this.#readings.get(selection) ?? [])];
    return readings.find((one) => one.startMs <= startMs && endMs <= one.endMs)?.done;
  }

  #changed(fromMs: number): void {
    const wholeUntilMs = fromMs - 1;
    this.#kept.cutAt(wholeUntilMs);
    for (const readings of this.#readings.values())
      for (const reading of readings) reading.wholeUntilMs = Math.min(reading.wholeUntilMs, wholeUntilMs);
  }
}

function covers(kept: Kept | undefined, { startMs, endMs }: MillisWindow): kept is Kept {
  return kept !== undefined && kept.startMs <= startMs && endMs <= kept.endMs;
}

function settledOrAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    void done.then(resolve);
  });
}

function selectionOf({ matchers, hints }: SelectRequest): string {
  return JSON.stringify([hints.needsStarts, ...matchers.map(({ name, operator, value }) => [name, operator, value])]);
}
