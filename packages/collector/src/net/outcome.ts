/** What is answered to whom: errors of the pipeline and of the wire as OTLP's statuses. */
import { ClewError, messageOf } from "@clew/base";
import { RPC_CODE, type Status } from "@clew/otlp";
import { ConsumeError, isPermanent } from "../consumer.ts";

/** The status for what the pipeline said: UNAVAILABLE where trying again can help, INTERNAL where it cannot. */
export function refusalStatus(error: unknown): Status {
  if (isPermanent(error)) return { code: RPC_CODE.INTERNAL, message: whatOf(error) };
  const retryDelayMs = error instanceof ConsumeError ? error.retryAfterMs : undefined;
  return { code: RPC_CODE.UNAVAILABLE, message: whatOf(error), retryDelayMs };
}

/** The bare text, as the Collector answers it. */
export function whatOf(error: unknown): string {
  return error instanceof ClewError ? error.what : messageOf(error);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ClewError && error.code === code;
}
