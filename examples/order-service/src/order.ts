export interface Order {
  readonly orderId: string;
  readonly userId: string;
  readonly amount: number;
  readonly userTier: string;
}

/** An order that is turned down, with the status that the caller gets. */
export class RejectedOrderError extends Error {
  override readonly name: string = "RejectedOrderError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
