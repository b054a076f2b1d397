/** One step from an older format of the stored data to the next. */
export interface Migration {
  /** The format that it leads to. */
  readonly format: number;
  /** What it does, for people: "adds …". */
  readonly does: string;
  /**
   * Written for one server; on a cluster they are rewritten (cluster-statements.ts). Each must
   * come to the same when it runs twice, also at the same time from two programs, since a crash
   * or a neighbour may have been in the middle: `IF NOT EXISTS`, `IF EXISTS`, an insert's
   * `insert_deduplication_token`.
   */
  readonly statements: readonly string[];
  /**
   * The INSERT of a spooled block that a program of the older format left, where its `table (column, …)` has columns that are no
   * more. Undefined for all others.
   */
  readonly insertOlder?: (target: string) => string | undefined;
  /** The format that it leads away from was never on a server, where it is passed over. */
  readonly onlyEmbedded?: true;
}

/** What ALTER TABLE says to make an index that CREATE TABLE has. */
export function added(index: string): string {
  return index.replace("INDEX", "ADD INDEX IF NOT EXISTS");
}
