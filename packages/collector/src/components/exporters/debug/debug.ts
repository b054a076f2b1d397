import type { Payload } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import type { Consumer } from "../../../consumer.ts";
import type { Fields } from "../../../telemetry/logger.ts";
import type { DebugConfig } from "./config.ts";
import { detailedText } from "./detailed.ts";
import { normalText } from "./normal.ts";

/** Writes what passes to the log, for eyes. */
export function debugConsumer(settings: Settings, config: DebugConfig): Consumer {
  const isSampled = sampler(config, () => settings.clock.nowMs());
  const textOf = { basic: undefined, normal: normalText, detailed: detailedText }[config.verbosity];
  return {
    consume(payload) {
      const { message, fields } = summaryOf(payload);
      if (isSampled(message)) {
        const signal = { "otelcol.signal": payload.signal };
        settings.unsampledLogger.info(message, { ...signal, ...fields });
        if (textOf !== undefined) settings.unsampledLogger.info(textOf(payload), signal);
      }
      return Promise.resolve();
    },
  };
}

function summaryOf({ signal, counts }: Payload): { message: string; fields: Fields } {
  const { resources, metrics, items } = counts;
  if (signal === "traces") return { message: "Traces", fields: { "resource spans": resources, spans: items } };
  if (signal === "logs") return { message: "Logs", fields: { "resource logs": resources, "log records": items } };
  return { message: "Metrics", fields: { "resource metrics": resources, metrics, "data points": items } };
}

/** zap's sampling: in each second the first messages of a kind, then every so-manieth. */
function sampler(
  { sampling_initial: initial, sampling_thereafter: thereafter }: DebugConfig,
  nowMs: () => number,
): (message: string) => boolean {
  // message --> the second that is counted, and how many came in it
  const counts = new Map<string, { second: number; count: number }>();
  return (message: string): boolean => {
    const second = Math.floor(nowMs() / 1_000);
    const known = counts.get(message);
    const count = known?.second === second ? known.count + 1 : 1;
    counts.set(message, { second, count });
    if (count <= initial) return true;
    return thereafter > 0 && (count - initial) % thereafter === 0;
  };
}
