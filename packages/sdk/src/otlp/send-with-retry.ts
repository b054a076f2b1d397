import type { Clock } from "@clew/base";
import { waitUnheld } from "../common/process-hold.ts";
import type { OtlpResponse, OtlpTransport } from "./otlp-transport.ts";

const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 5_000;
const BACKOFF_FACTOR = 1.5;
/** Each wait is this much shorter or longer at random, so that clients do not come back all at once. */
const JITTER = 0.2;

export interface RetrySettings {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Aborts waiting: what is being sent is then given up. */
  readonly signal: AbortSignal;
}

/** Sends until it is accepted or refused, until the attempts are used up, or until a wait would exceed the timeout. */
export async function sendWithRetry(
  send: OtlpTransport["send"],
  body: Uint8Array,
  { timeoutMs, clock, random, signal }: RetrySettings,
): Promise<OtlpResponse> {
  const deadlineMs = clock.nowMs() + timeoutMs;
  let backoffMs = FIRST_BACKOFF_MS;
  for (let attempt = 1; ; attempt++) {
    const response = await send(body, Math.max(Math.ceil(deadlineMs - clock.nowMs()), 1));
    if (response.outcome !== "retryable" || attempt === MAX_ATTEMPTS || signal.aborted) return response;
    const waitMs = response.retryAfterMs ?? backoffMs * (1 + JITTER * (2 * random() - 1));
    if (clock.nowMs() + waitMs >= deadlineMs) return response;
    await waitUnheld(clock, waitMs, signal);
    backoffMs = Math.min(backoffMs * BACKOFF_FACTOR, MAX_BACKOFF_MS);
  }
}
