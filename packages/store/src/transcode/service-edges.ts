import { FixedColumn, LowCardinalityColumn, type Column } from "../block/columns.ts";
import { DURATION_BUCKETS_PER_DOUBLING } from "../schema/service-edges.ts";
import { BlockBuilder } from "./block-builder.ts";

/** Halves of calls that wait for the other come in two generations of so many; with a new one the older is forgotten. */
const GENERATION = 32_768;
const QUARTER_HOUR_S = 900;
const TWO_32 = 4_294_967_296;
const LOW_21_BITS = 0x1fffff;

/** One side of a call. */
export interface CallSide {
  readonly isCaller: boolean;
  readonly service: string;
  readonly startSeconds: number;
  readonly durationNanos: number;
  readonly isError: boolean;
}

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
  /** By 53 bits of the calling span's id, which is random. */
  #young = new Map<number, CallSide>();
  #old = new Map<number, CallSide>();

  readonly columns: Readonly<Record<string, Column>> = {
    Time: this.#time,
    Client: this.#client,
    Server: this.#server,
    IsError: this.#isError,
    DurationBucket: this.#durationBucket,
    Calls: this.#calls,
  };

  /** Takes one side of the call whose calling span has the id at `idAt`. */
  add(bytes: Buffer, idAt: number, side: CallSide): void {
    const id = (bytes.readUInt32LE(idAt + 4) & LOW_21_BITS) * TWO_32 + bytes.readUInt32LE(idAt);
    const other = this.#young.get(id) ?? this.#old.get(id);
    if (other === undefined || other.isCaller === side.isCaller) return this.#wait(id, side);
    if (!this.#young.delete(id)) this.#old.delete(id);
    if (side.isCaller) this.#addCall(side.service, other);
    else this.#addCall(other.service, side);
  }

  #wait(id: number, side: CallSide): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, side);
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
