/** What is logged beside the message. Values are written as JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** The collector's own log. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: Fields): Logger;
  /** A logger that writes lines for people, or an object of JSON each. */
  encodedAs(encoding: Encoding): Logger;
}

export type Encoding = "console" | "json";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

export interface ConsoleLoggerSettings {
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
  /** Lines below are left out. Default `info`. */
  readonly level?: Level;
}

/**
 * Writes lines as zap's console encoder does: time, level, message, and the fields as JSON,
 * parted by tabs; or as its JSON encoder does.
 */
export function consoleLogger(settings: ConsoleLoggerSettings): Logger {
  return loggerWith(settings, {}, "console");
}

function loggerWith(settings: ConsoleLoggerSettings, common: Fields, encoding: Encoding): Logger {
  const least = LEVELS.indexOf(settings.level ?? "info");
  const log =
    (level: Level) =>
    (message: string, fields: Fields = {}): void => {
      if (LEVELS.indexOf(level) < least) return;
      const ts = new Date(settings.nowMs()).toISOString();
      const all = { ...common, ...fields };
      const line =
        encoding === "json"
          ? jsonText({ level, ts, msg: message, ...all })
          : `${ts}\t${level}\t${message}${fieldsText(all)}`;
      settings.write(`${line}\n`);
    };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    with: (fields) => loggerWith(settings, { ...common, ...fields }, encoding),
    encodedAs: (other) => loggerWith(settings, common, other),
  };
}

/** zap puts a space after each colon and comma between fields. */
function fieldsText(fields: Fields): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return "";
  return `\t{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${jsonText(value)}`).join(", ")}}`;
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

/** A logger that keeps to a level of its own: `service::telemetry::logs::level`. */
export function loggerFrom(level: Level, logger: Logger): Logger {
  const least = LEVELS.indexOf(level);
  const silent = (): void => {};
  return {
    debug: least > 0 ? silent : (message, fields) => logger.debug(message, fields),
    info: least > 1 ? silent : (message, fields) => logger.info(message, fields),
    warn: least > 2 ? silent : (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
    with: (fields) => loggerFrom(level, logger.with(fields)),
    encodedAs: (encoding) => loggerFrom(level, logger.encodedAs(encoding)),
  };
}
