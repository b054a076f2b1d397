/** `status/*`: what the program is, how it was started and what it has. */
import { hostname, availableParallelism } from "node:os";
import { getHeapStatistics } from "node:v8";
import { ClewError, goRegExp, type Clock } from "@clew/base";
import type { Family } from "@clew/collector";
import type { SeriesCount } from "@clew/store";
import type { Context } from "hono";
import { badData } from "./api-error.ts";
import { type Answer, dataOf } from "./envelope.ts";
import type { Parameters } from "./parameters.ts";
import type { ProgramState } from "./program-state.ts";
import { familyFields } from "./self-metrics.ts";

const DEFAULT_STATISTICS = 10;
const MAX_STATISTICS = 10_000;

export interface StatusSettings {
  readonly clock: Clock;
  readonly version: string;
  readonly state: ProgramState;
  readonly ownMetrics: () => readonly Family[];
}

export class StatusEndpoints {
  readonly #clock: Clock;
  readonly #version: string;
  readonly #state: ProgramState;
  readonly #ownMetrics: () => readonly Family[];

  constructor({ clock, version, state, ownMetrics }: StatusSettings) {
    this.#ownMetrics = ownMetrics;
    this.#clock = clock;
    this.#version = version;
    this.#state = state;
  }

  config(): Answer {
    return dataOf({ yaml: this.#state.configText });
  }

  flags(): Answer {
    return dataOf(this.#state.flags);
  }

  buildInfo(): Answer {
    return dataOf(this.build);
  }

  /** Clients choose features by the version. */
  get build(): Readonly<Record<string, string>> {
    return { version: this.#version, revision: "", branch: "", buildUser: "", buildDate: "", goVersion: "" };
  }

  runtimeInfo(): Answer {
    const startTime = new Date(this.#state.startedAtMs).toISOString();
    const { lastReload } = this.#state;
    return dataOf({
      startTime,
      CWD: process.cwd(),
      hostname: hostname(),
      serverTime: new Date(this.#clock.nowMs()).toISOString(),
      reloadConfigSuccess: lastReload?.isSuccessful ?? true,
      lastConfigTime: lastReload === undefined ? startTime : new Date(lastReload.atMs).toISOString(),
      corruptionCount: this.#state.corruptions(),
      // What the event loop waits for: the nearest that Node has.
      goroutineCount: process.getActiveResourcesInfo().length,
      GOMAXPROCS: availableParallelism(),
      GOMEMLIMIT: getHeapStatistics().heap_size_limit,
      GOGC: "",
      GODEBUG: "",
      storageRetention: this.#state.storageRetention,
    });
  }

  async tsdb(parameters: Parameters, context: Context): Promise<Answer> {
    const text = parameters.text("limit");
    const limit = text === "" ? DEFAULT_STATISTICS : Number(text);
    if (!/^[-+]?\d*$/.test(text) || limit < 1) throw badData("limit must be a positive number");
    if (limit > MAX_STATISTICS) throw badData(`limit must not exceed ${MAX_STATISTICS}`);
    const found = await this.#state.statistics(limit, context.req.raw.signal);
    const counts = (all: readonly SeriesCount[]): SeriesCount[] => all.map(({ name, value }) => ({ name, value }));
    return dataOf({
      headStats: {
        numSeries: found.series,
        numLabelPairs: found.labelPairs,
        chunkCount: found.parts,
        minTime: found.firstMs ?? 0,
        maxTime: found.lastMs ?? 0,
      },
      seriesCountByMetricName: counts(found.seriesByName),
      labelValueCountByLabelName: counts(found.valuesByLabel),
      memoryInBytesByLabelName: counts(found.bytesByLabel),
      seriesCountByLabelValuePair: counts(found.seriesByPair),
    });
  }

  selfMetrics(parameters: Parameters): Answer {
    const isWanted = nameTest(parameters.text("metric_name_pattern"));
    return dataOf(
      this.#ownMetrics()
        .filter(({ name }) => isWanted(name))
        .map(familyFields),
    );
  }

  /** What is stored is in no blocks of a TSDB. */
  tsdbBlocks(): Answer {
    return dataOf({ blocks: [] });
  }

  /** There is no write-ahead log whose replay clients would have to wait for. */
  walReplay(): Answer {
    return dataOf({ min: 0, max: 0, current: 0 });
  }
}

/** The whole name must match. */
function nameTest(pattern: string): (name: string) => boolean {
  if (pattern === "") return () => true;
  try {
    const expression = goRegExp(pattern, { whole: true });
    return (name) => expression.test(name);
  } catch (error) {
    throw error instanceof ClewError ? badData(`invalid metric_name_pattern: ${error.what}`) : error;
  }
}
