import type { Status } from "@clew/otlp";

/** Ends a call with `status`. */
export class CallError extends Error {
  readonly status: Status;

  constructor(code: number, message: string) {
    super(message);
    this.status = { code, message };
  }
}
