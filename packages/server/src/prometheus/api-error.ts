import { messageOf } from "@clew/base";
import { QueryError, type QueryErrorType } from "@clew/query";

type ErrorType = QueryErrorType | "internal" | "unavailable";

/** Prometheus's error types with their HTTP statuses. */
const STATUS: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  canceled: 499,
  timeout: 503,
  internal: 500,
  unavailable: 500,
};

/** A failure as the API answers it. */
interface ApiError {
  readonly status: number;
  readonly errorType: ErrorType;
  readonly error: string;
}

/** A request that cannot be understood, with the whole text of the complaint. */
export function badData(problem: string): QueryError {
  return new QueryError("QUERY_BAD_DATA", problem);
}

/** What Prometheus can do, and is not switched on here. */
export class UnavailableError extends Error {}

export function invalidParameter(name: string, problem: string): QueryError {
  return badData(`invalid parameter "${name}": ${problem}`);
}

/** Runs what reads a parameter, and names the parameter where it fails. */
export async function asParameter<T>(name: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof QueryError && thrown.type === "bad_data") throw invalidParameter(name, thrown.what);
    throw thrown;
  }
}

export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof UnavailableError)
    return { status: STATUS.unavailable, errorType: "unavailable", error: thrown.message };
  const errorType = thrown instanceof QueryError ? thrown.type : "internal";
  const error = thrown instanceof QueryError ? thrown.what : messageOf(thrown);
  return { status: STATUS[errorType], errorType, error };
}
