import { messageOf } from "@clew/base";

/** An answer that is no success. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(messageOf(body));
    this.status = status;
    this.body = body;
  }
}
