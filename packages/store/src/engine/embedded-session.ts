/** What Clew asks of an embedded engine's library. chDB's `Session` is one. */
export interface EmbeddedSession {
  /** Runs one statement off the event loop; a session runs its statements one after the other. */
  queryAsync(sql: string, options?: { readonly format?: string }): Promise<{ bytes(): Uint8Array }>;
  /** Inserts rows in a text format. */
  insert(rows: {
    readonly table: string;
    readonly values: Uint8Array;
    readonly format:
      | "JSONEachRow"
      | "JSONCompactEachRow"
      | "CSV"
      | "CSVWithNames"
      | "TabSeparated"
      | "TabSeparatedWithNames";
    readonly columns?: readonly string[];
  }): Promise<unknown>;
  close(): void;
}

/** Opens a session on the process's one data directory. Throws with the engine's text where it can't. */
export type OpenSession = () => EmbeddedSession;
