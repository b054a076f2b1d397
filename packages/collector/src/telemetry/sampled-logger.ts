import type { SamplingConfig } from "../config/service-config.ts";
import type { Fields, Logger } from "./logger.ts";

/**
 * zap's sampling: in each `tick` the first `initial` lines of a level and message are written,
 * then every `thereafter`-th, so that a fault that repeats does not fill the log.
 */
export function sampledLogger(logger: Logger, config: SamplingConfig, nowMs: () => number): Logger {
  if (!config.enabled) return logger;
  // level and message --> the tick that is counted, and how many came in it
  return withCounts(logger, config, nowMs, new Map());
}

type Counts = Map<string, { tick: number; count: number }>;

/** Messages are few and fixed; where one holds changing text, older ones are forgotten. */
const MAX_MESSAGES = 4_096;

function withCounts(logger: Logger, config: SamplingConfig, nowMs: () => number, counts: Counts): Logger {
  const isWritten = (level: string, message: string): boolean => {
    const tick = config.tick === 0 ? 0 : Math.floor(nowMs() / config.tick);
    const key = `${level} ${message}`;
    const known = counts.get(key);
    const count = known?.tick === tick ? known.count + 1 : 1;
    if (known === undefined && counts.size >= MAX_MESSAGES) counts.clear();
    counts.set(key, { tick, count });
    if (count <= config.initial) return true;
    return config.thereafter > 0 && (count - config.initial) % config.thereafter === 0;
  };
  const log =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields?: Fields): void => {
      if (isWritten(level, message)) logger[level](message, fields);
    };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    with: (fields) => withCounts(logger.with(fields), config, nowMs, counts),
    encodedAs: (encoding) => withCounts(logger.encodedAs(encoding), config, nowMs, counts),
  };
}
