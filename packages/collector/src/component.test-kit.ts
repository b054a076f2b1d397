/** What a component needs to be made alone in a test. */
import type { Clock } from "@clew/base";
import { ManualClock, keptLog, type Lines } from "./collector.test-kit.ts";
import type { Kind, Settings } from "./component.ts";
import type { Extension } from "./extension.ts";
import { MemoryMeter } from "./telemetry/meter.ts";

export interface ComponentKit extends Lines {
  readonly settings: Settings;
  readonly meter: MemoryMeter;
  readonly reported: unknown[];
  /** Where its servers listen, by setting. */
  readonly addresses: Record<string, { readonly host: string; readonly port: number }>;
}

export function componentSettings(
  kind: Kind,
  id: string,
  clock: Clock = new ManualClock(),
  extensions: Readonly<Record<string, Extension>> = {},
): ComponentKit {
  const log = keptLog();
  const meter = new MemoryMeter();
  const reported: unknown[] = [];
  const addresses: ComponentKit["addresses"] = {};
  const settings: Settings = {
    id,
    path: `${kind}s::${id}`,
    clock,
    logger: log.logger,
    unsampledLogger: log.logger,
    meter,
    random: () => 0.5,
    report: (error) => void reported.push(error),
    listening: (setting, address) => void (addresses[setting] = address),
    extension: (name) => extensions[name],
  };
  return { ...log, settings, meter, reported, addresses };
}
