import type { DiskHealth } from "./retention/retention.ts";

export interface StoreFacts {
  readonly rejectedSegments: number;
  readonly damagedParts: number;
  readonly disk: DiskHealth | undefined;
  /** Why the last block could not be made durable. */
  readonly spoolFailure: string | undefined;
  /** What could not be read of what is stored. */
  readonly diskFailure: string | undefined;
  /** Why the last attempt to move something into the engine failed. */
  readonly drainFailure: string | undefined;
  readonly rollups: { readonly failure: string | undefined };
}

/** What somebody should do something about, the most urgent first. */
export function warningsOf({
  rejectedSegments,
  damagedParts,
  disk,
  spoolFailure,
  drainFailure,
  diskFailure,
  rollups,
}: StoreFacts): readonly string[] {
  const warnings = [
    spoolFailure && `what arrives can't be written to disk and is refused: ${spoolFailure}`,
    drainFailure && `what arrives is kept, but can't be stored yet: ${drainFailure}`,
    diskFailure && `the disk fails to read what is stored: ${diskFailure}`,
    disk?.warning,
    rollups.failure && `metrics can't be rolled up, and are kept until they can: ${rollups.failure}`,
    rejectedSegments > 0 && `${rejectedSegments} spool files could not be stored whole and are kept in spool/rejected`,
    damagedParts > 0 && `${damagedParts} damaged parts of tables are kept aside, in directories named detached`,
  ];
  return warnings.filter((warning) => typeof warning === "string");
}
