#!/usr/bin/env node
import { startOrders } from "./order-service.ts";
import { runService } from "./run-service.ts";
import { realWorld } from "./world.ts";

const inventoryUrl = process.env["INVENTORY_URL"] ?? "http://127.0.0.1:8081";

await runService(
  "order-service",
  (telemetry, log, port) => startOrders({ telemetry, log, port, inventoryUrl, world: realWorld }),
  8_080,
);
