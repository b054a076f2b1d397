import { FixedColumn, LowCardinalityColumn, type Column } from "../block/columns.ts";
import { DURATION_BUCKETS_PER_DOUBLING } from "../schema/service-edges.ts";
import { BlockBuilder } from "./block-builder.ts";
import { newCallSide, WaitingCalls, type CallSide } from "./waiting-calls.ts";

const QUARTER_HOUR_S = 900;

/**
 * Who calls whom, worked out as spans arrive: a client or producer span and the server or consumer span below it, which
 * may come in either order and in different requests, make one call between two services. Halves that wait are in memory
 * only: a call whose two halves arrive before and after a restart, or at different programs, is not counted.
 */
export class ServiceEdges extends BlockBuilder {
  readonly table = "service_edges";
  readonly #time = new FixedColumn("DateTime", 4);
  readonly #client = new LowCardinalityColumn();
  readonly #server = new LowCardinalityColumn();
  readonly #isError = new FixedColumn("UInt8", 1);
  readonly #durationBucket = new FixedColumn("Int16", 2);
  readonly #calls = new FixedColumn("UInt64", 8);
  /** When the younger generation is full, it becomes the older one, whose halves are forgotten. */
  #young = new WaitingCalls();
  #old = new WaitingCalls();
  readonly #other = newCallSide();

  readonly columns: Readonly<Record<string, Column>> = {
    Time: this.#time,
    Client: this.#client,
    Server: this.#server,
    IsError: this.#isError,
    DurationBucket: this.#durationBucket,
    Calls: this.#calls,
  };

  /** Takes one side of the call whose calling span has the id at `idAt`. `side` may be used again for the next. */
  add(view: DataView, idAt: number, side: CallSide): void {
    const low = view.getUint32(idAt, true);
    const high = view.getUint32(idAt + 4, true);
    if (!this.#takeWaiting(low, high)) return this.#wait(low, high, side);
    const other = this.#other;
    // The same side again, as from a sender that tried twice: the later one waits.
    if (other.isCaller === side.isCaller) return this.#wait(low, high, side);
    if (side.isCaller) this.#addCall(side.service, other);
    else this.#addCall(other.service, side);
  }

  /** Moves the half that waits under this id into `#other`. Returns whether one did. */
  #takeWaiting(low: number, high: number): boolean {
    return this.#young.take(low, high, this.#other) || this.#old.take(low, high, this.#other);
  }

  #wait(low: number, high: number, side: CallSide): void {
    if (this.#young.isFull) {
      [this.#young, this.#old] = [this.#old, this.#young];
      this.#young.clear();
    }
    this.#young.add(low, high, side);
  }

  #addCall(client: string, { service, startSeconds, durationNanos, isError }: CallSide): void {
    if (client === service) return;
    const bucket = Math.floor(Math.log2(Math.max(durationNanos, 1)) * DURATION_BUCKETS_PER_DOUBLING);
    this.#time.values.u32(startSeconds - (startSeconds % QUARTER_HOUR_S));
    this.#client.addText(client);
    this.#server.addText(service);
    this.#isError.values.u8(isError ? 1 : 0);
    this.#durationBucket.values.u8(bucket & 255);
    this.#durationBucket.values.u8(bucket >> 8);
    this.#calls.values.u64(1);
    this.rows++;
  }
}
