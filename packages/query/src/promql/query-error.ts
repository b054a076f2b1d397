import { ClewError } from "@clew/base";

/** The kinds of failure that the Prometheus API tells apart (its `errorType`). */
export type QueryErrorType = "bad_data" | "execution" | "canceled" | "timeout" | "not_found";

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

  constructor(type: QueryErrorType, what: string, { position, cause }: QueryErrorDetails = {}) {
    super(`QUERY_${type.toUpperCase()}`, what, { cause });
    this.type = type;
    this.position = position;
  }
}

export function queryError(type: QueryErrorType, what: string, details?: QueryErrorDetails): QueryError {
  return new QueryError(type, what, details);
}
