#!/usr/bin/env node
import { startInventory } from "./inventory-service.ts";
import { runService } from "./run-service.ts";
import { realWorld } from "./world.ts";

await runService(
  "inventory-service",
  (telemetry, log, port) => startInventory({ telemetry, log, port, world: realWorld }),
  8_081,
);
