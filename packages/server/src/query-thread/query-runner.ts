import type { RangeTimes } from "@clew/query";

/** A query as the API was asked it. All of it can be sent to another thread. */
export interface AskedQuery {
  readonly query: string;
  readonly times: { readonly timeMs: number } | RangeTimes;
  /** When the answer has to be there, in milliseconds since the epoch. */
  readonly deadlineMs: number;
  readonly lookbackMs: number | undefined;
  readonly hasStatistics: boolean;
  readonly hasStepStatistics: boolean;
  /** The most series of a matrix, or points of a vector, that are wanted. */
  readonly limit: number;
}

export interface QueryAnswer {
  /** The JSON of `data`, as text or its bytes in UTF-8, made while it is read. */
  readonly pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** Whether there was more than the limit. */
  readonly isCut: boolean;
}

/** Where queries are worked out. */
export interface QueryRunner {
  /** Ends early when `signal` aborts. Rejects with a `QueryError`, or with what reading samples failed with. */
  run(asked: AskedQuery, signal: AbortSignal): Promise<QueryAnswer>;
}
