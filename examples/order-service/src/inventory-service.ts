/** The inventory: `GET /items/:id` says whether an item is in stock. */
import { context, propagation, trace } from "@opentelemetry/api";
import { inSpan } from "./in-span.ts";
import type { Log } from "./log.ts";
import { StockDatabase } from "./stock-database.ts";
import type { Telemetry } from "./telemetry.ts";
import { type Answer, startServer, type TracedServer } from "./traced-server.ts";
import type { World } from "./world.ts";

export interface InventorySettings {
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly world: World;
  readonly port: number;
}

export function startInventory({ telemetry, log, world, port }: InventorySettings): Promise<TracedServer> {
  const { tracer, meter } = telemetry;
  const database = new StockDatabase(tracer, log, world);
  const lookups = meter.createCounter("inventory.lookups", { unit: "{lookup}", description: "Items looked up" });

  async function item(id: string): Promise<Answer> {
    copyBaggage();
    const row = await inSpan(tracer, "lookup_item", { attributes: { "item.id": id } }, async (span) => {
      span.addEvent("cache_miss", { "cache.key": `item:${id}` });
      return database.selectStock(id);
    });
    lookups.add(1, { found: row !== undefined });
    if (row === undefined) {
      log.warn({ item_id: id }, "Item not in inventory");
      return { status: 404, body: { detail: "No such item" } };
    }
    log.info({ item_id: id, ...row }, "Item found");
    return { status: 200, body: { id, ...row } };
  }

  const getItem = {
    method: "GET",
    path: "/items/:id",
    pattern: /^\/items\/([^/]+)$/,
    handle: async (_: URL, [id = ""]: readonly string[]): Promise<Answer> => {
      try {
        return await item(decodeURIComponent(id));
      } catch (thrown) {
        log.error({ item_id: id, err: thrown }, "Stock lookup failed");
        throw thrown;
      }
    },
  };
  return startServer(telemetry, log, [getItem], port);
}

/** What the caller sent along about the user becomes an attribute of the span. */
function copyBaggage(): void {
  const tier = propagation.getBaggage(context.active())?.getEntry("user.tier")?.value;
  if (tier !== undefined) trace.getActiveSpan()?.setAttribute("user.tier", tier);
}
