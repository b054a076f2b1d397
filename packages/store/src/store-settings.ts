/** What a store is told when it is opened, and what it tells of itself. */
import type { Clock } from "@clew/base";
import type { OtlpSettings } from "@clew/otlp/prometheus";
import type { Inserted } from "./drain.ts";
import type { EngineSettings } from "./open-engine.ts";
import type { RollupAges } from "./rollup/resolutions.ts";
import type { RollupHealth } from "./rollup/rollups.ts";
import type { DiskHealth } from "./retention/retention.ts";
import type { RetentionAges, RetentionRule } from "./retention/retention-settings.ts";

export const DEFAULT_MAX_SPOOL_BYTES = 1_073_741_824;

export interface StoreSettings extends EngineSettings {
  readonly clock?: Clock;
  readonly report?: (line: string) => void;
  readonly maxSpoolBytes?: number;
  /** What metrics that come over OTLP are called in PromQL; Prometheus's defaults where absent. */
  readonly otlp?: OtlpSettings | undefined;
  /** How long what is stored is kept; for ever by default. A server is told to see to it. */
  readonly retention?: RetentionAges;
  /** Which rollups of metrics are made, and how long each is kept. None by default. */
  readonly rollups?: RollupAges;
  /** Only for the embedded engine. */
  readonly retentionRules?: readonly RetentionRule[];
  /** What all that is stored may take on the disk. Only for the embedded engine. */
  readonly maxDiskBytes?: number | undefined;
}

export interface StoreHealth {
  readonly engine: "embedded" | "server";
  readonly engineReady: boolean;
  readonly engineVersion: string;
  readonly engineRestarts: number;
  readonly enginePid: number | undefined;
  readonly spoolBytes: number;
  readonly spoolSegments: number;
  /** For how long the oldest block has waited to be stored; 0 where none does. */
  readonly oldestWaitingMs: number;
  /** What was stored since the program began, by table. */
  readonly inserted: Readonly<Record<string, Readonly<Inserted>>>;
  readonly rejectedSegments: number;
  /** Of tables; kept aside until somebody removes them. */
  readonly damagedParts: number;
  /** Undefined where a server has the data. */
  readonly disk: DiskHealth | undefined;
  readonly rollups: RollupHealth;
  /** What somebody should do something about, the most urgent first. */
  readonly warnings: readonly string[];
}
