import { ClewError } from "@clew/base";

/** The kinds of failure that the Prometheus API tells apart (its `errorType`). */
export type QueryErrorType = "bad_data" | "execution" | "canceled" | "timeout";

const TYPES = {
  QUERY_BAD_DATA: "bad_data",
  QUERY_EXECUTION: "execution",
  QUERY_CANCELED: "canceled",
  QUERY_TIMEOUT: "timeout",
} as const;

interface QueryErrorDetails {
  /** Offsets into the query text, in UTF-16 code units. */
  readonly position?: { readonly start: number; readonly end: number } | undefined;
  readonly cause?: unknown;
}

/** A query that cannot be answered. `what` is the text that Prometheus gives, without a prefix. */
export class QueryError extends ClewError {
  override readonly name: string = "QueryError";
  readonly type: QueryErrorType;
  readonly position: QueryErrorDetails["position"];

  constructor(code: keyof typeof TYPES, what: string, { position, cause }: QueryErrorDetails = {}) {
    super(code, what, { cause });
    this.type = TYPES[code];
    this.position = position;
  }
}

export function queryError(type: QueryErrorType, what: string, details?: QueryErrorDetails): QueryError {
  switch (type) {
    case "bad_data":
      return new QueryError("QUERY_BAD_DATA", what, details);
    case "execution":
      return new QueryError("QUERY_EXECUTION", what, details);
    case "canceled":
      return new QueryError("QUERY_CANCELED", what, details);
    default:
      return new QueryError("QUERY_TIMEOUT", what, details);
  }
}
