import type { SeriesStatistics } from "@clew/store";
import type { ReloadOutcome } from "./reload.ts";

/** What the API tells of the program that it runs in. */
export interface ProgramState {
  readonly startedAtMs: number;
  /** Of Prometheus's configuration; empty where none was given. */
  readonly configText: string;
  /** Of what was read anew since the start; undefined where nothing was. */
  readonly lastReload: ReloadOutcome | undefined;
  /** What holds here of Prometheus's command line, by the flags' names. */
  readonly flags: Readonly<Record<string, string>>;
  /** How long metrics are kept, for people. */
  readonly storageRetention: string;
  /** Parts of what is stored that could not be read. */
  readonly corruptions: () => number;
  /** What somebody should do something about. */
  readonly warnings: () => readonly string[];
  /** Of the days that now belongs to. */
  readonly statistics: (limit: number, signal: AbortSignal) => Promise<SeriesStatistics>;
}
