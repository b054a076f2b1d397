import { ClewError, type ClewErrorDetails } from "@clew/base";
import type { Payload, Signal } from "@clew/otlp";

/** Takes telemetry: the next stage of a pipeline, as the stage before it sees it. */
export interface Consumer {
  /**
   * Resolves when the payload is durable or delivered downstream, and not before, so that an
   * acknowledgement up the line means "stored or delivered". Rejects with a `ConsumeError`
   * when it is neither; the sender then still owns the data.
   */
  consume(payload: Payload): Promise<void>;
  /**
   * The error with which anything would be refused at this moment, so that a receiver can
   * refuse a request before it reads the body. Undefined, or absent, where things may be sent.
   */
  refusal?(): ConsumeError | undefined;
}

/** The consumers that a receiver feeds, by signal; only those whose pipelines name it. */
export type Consumers = Readonly<Partial<Record<Signal, Consumer>>>;

export interface ConsumeErrorDetails extends ClewErrorDetails {
  /** Whether sending the same again cannot help. */
  readonly permanent: boolean;
  /** How long the sender should wait before it tries again. */
  readonly retryAfterMs?: number | undefined;
}

/** Why a payload was not taken, and whether trying again can help. */
export class ConsumeError extends ClewError {
  override readonly name: string = "ConsumeError";
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, what: string, details: ConsumeErrorDetails) {
    super(code, what, details);
    this.permanent = details.permanent;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Whether whoever was refused with `error` may try again. Anything but a `ConsumeError` may be passing. */
export function isPermanent(error: unknown): boolean {
  return error instanceof ConsumeError && error.permanent;
}
