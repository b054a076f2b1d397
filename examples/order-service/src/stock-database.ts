/** The pretend database behind the inventory. What is wrong with it, is so on purpose. */
import { SpanKind, type Tracer } from "@opentelemetry/api";
import { inSpan } from "./in-span.ts";
import type { Log } from "./log.ts";
import { between, type World } from "./world.ts";

const WAREHOUSES = ["berlin", "lyon", "gdansk"] as const;
/** The planted fault: for the first 40 s of every two minutes, this warehouse's shard is slow. */
const SLOW_WAREHOUSE = "gdansk";
const PHASE_MS = 120_000;
const SLOW_PART_MS = 40_000;
/** Every so many items, one is not there; and one whose row cannot be read. */
const MISSING_EVERY = 17;
const BROKEN_EVERY = 29;

/** Queries that take longer are logged, as databases' clients do. */
const SLOW_QUERY_MS = 300;

export interface StockRow {
  readonly warehouse: string;
  readonly quantity: number;
}

class CorruptRowError extends Error {
  override readonly name: string = "CorruptRowError";
}

export class StockDatabase {
  readonly #tracer: Tracer;
  readonly #log: Log;
  readonly #world: World;

  constructor(tracer: Tracer, log: Log, world: World) {
    this.#tracer = tracer;
    this.#log = log;
    this.#world = world;
  }

  /** The stock of an item; `undefined` when there is no such item. Throws for an item whose row is corrupt. */
  selectStock(itemId: string): Promise<StockRow | undefined> {
    const number = numberOf(itemId);
    const warehouse = WAREHOUSES[number % WAREHOUSES.length] ?? SLOW_WAREHOUSE;
    const attributes = {
      "db.system.name": "postgresql",
      "db.namespace": `stock_${warehouse}`,
      "db.operation.name": "SELECT",
      "db.collection.name": "stock",
      "db.query.text": "SELECT quantity, warehouse FROM stock WHERE item_id = $1",
      "server.address": `db-${warehouse}.internal`,
      "server.port": 5_432,
    };
    return inSpan(this.#tracer, "SELECT stock", { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const latencyMs = this.#latencyMs(warehouse);
      await this.#world.wait(latencyMs);
      if (latencyMs > SLOW_QUERY_MS) this.#log.warn({ warehouse, duration_ms: Math.round(latencyMs) }, "Slow query");
      if (number % BROKEN_EVERY === 0) {
        this.#log.error({ warehouse, item_id: itemId }, "Stock row has no checksum");
        throw new CorruptRowError(`row of item ${itemId} has no checksum`);
      }
      const row = number % MISSING_EVERY === 0 ? undefined : { warehouse, quantity: 1 + (number % 40) };
      span.setAttribute("db.response.returned_rows", row === undefined ? 0 : 1);
      return row;
    });
  }

  #latencyMs(warehouse: string): number {
    const isSlow = warehouse === SLOW_WAREHOUSE && this.#world.nowMs() % PHASE_MS < SLOW_PART_MS;
    return isSlow ? between(this.#world, 400, 1_200) : between(this.#world, 3, 15);
  }
}

/** The number in an item's id ("order-1042": 1042), from 1 on; for an id without one, one made from its letters. */
function numberOf(itemId: string): number {
  const digits = /\d{1,9}/.exec(itemId)?.[0];
  if (digits !== undefined && Number(digits) > 0) return Number(digits);
  let number = 7;
  for (const letter of itemId) number = (number * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003;
  return number + 1;
}
