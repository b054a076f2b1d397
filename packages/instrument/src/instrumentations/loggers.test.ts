/** Loggers: each writes the same, and what becomes of it is the same. */
import { afterEach, describe, expect, test } from "vitest";
import { type AppSource, appStarter, type InstrumentedApp, MODULE_SYSTEMS } from "../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

interface Logger {
  readonly imports: NonNullable<AppSource["imports"]>;
  /** Makes `log`, which writes JSON on standard output. */
  readonly code: string;
  /** What lies in a line where the message does. */
  readonly messageKey: string;
  readonly levels: Readonly<Record<"info" | "warn" | "error", string>>;
}

const LOGGERS: Readonly<Record<string, Logger>> = {
  pino: {
    imports: { pino: "pino" },
    code: `const log = pino({ redact: ["password"] });`,
    messageKey: "msg",
    levels: { info: "info", warn: "warn", error: "error" },
  },
  winston: {
    imports: { winston: "winston" },
    code: `
      const logger = winston.createLogger({ format: winston.format.json(), transports: [new winston.transports.Console()] });
      const log = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, (fields, message) =>
        message === undefined ? logger[level](fields) : logger.log({ level, message, ...(fields.err ? { err: fields.err } : fields) })]));`,
    messageKey: "message",
    levels: { info: "info", warn: "warn", error: "error" },
  },
  bunyan: {
    imports: { bunyan: "bunyan" },
    code: `const log = bunyan.createLogger({ name: "app", serializers: bunyan.stdSerializers });`,
    messageKey: "msg",
    levels: { info: "info", warn: "warn", error: "error" },
  },
};

const IN_SPAN = `
  const inSpan = (task) => trace.getTracer("app").startActiveSpan("work", (span) => { task(); span.end(); });`;

async function linesOf(app: InstrumentedApp, count: number): Promise<Record<string, unknown>[]> {
  return await app.stdoutLines(count, (line) => JSON.parse(line) as Record<string, unknown>);
}

describe.each(Object.keys(LOGGERS))("%s", (name) => {
  const { imports, code, messageKey, levels } = LOGGERS[name] as Logger;
  const start = (tasks: string, source: Partial<AppSource> = {}): Promise<InstrumentedApp> =>
    startApp({
      imports: { ...imports, "{ trace }": "@opentelemetry/api" },
      code: `${code}${IN_SPAN}${tasks}; tell(true);`,
      ...source,
    });

  test.each(MODULE_SYSTEMS)("in %s, a line has the ids of its span, and is a log record of it", async (modules) => {
    const app = await start(`inSpan(() => log.warn({ user: 7 }, "careful"))`, { modules });
    const record = await app.sink.until(({ logs }) => logs[0]);
    const span = await app.sink.span("work");
    expect(record).toMatchObject({
      body: "careful",
      severityNumber: 13,
      severityText: levels.warn,
      traceId: span.traceId,
      spanId: span.spanId,
    });
    expect(record.attributes).toMatchObject({ user: 7 });
    expect(Object.keys(record.attributes)).not.toContain("trace_id");
    const [line] = await linesOf(app, 1);
    expect(line).toMatchObject({ user: 7, [messageKey]: "careful", trace_id: span.traceId, span_id: span.spanId });
    expect(line?.["trace_flags"]).toMatch(/^0[13]$/);
  });

  test("outside of a span a line is what it would have been", async () => {
    const app = await start(`log.info({ user: 7 }, "plain")`);
    const record = await app.sink.until(({ logs }) => logs[0]);
    expect(record).toMatchObject({ body: "plain", severityNumber: 9, traceId: undefined });
    const [line] = await linesOf(app, 1);
    expect(Object.keys(line ?? {})).not.toContain("trace_id");
  });

  test("an error becomes the attributes of an exception", async () => {
    const app = await start(`log.error({ err: new TypeError("broken") }, "failed")`);
    const { body, attributes, severityNumber } = await app.sink.until(({ logs }) => logs[0]);
    expect({ body, severityNumber }).toEqual({ body: "failed", severityNumber: 17 });
    expect(attributes).toMatchObject({ "exception.type": "TypeError", "exception.message": "broken" });
    expect(attributes["exception.stacktrace"]).toContain("TypeError: broken");
  });

  test("what is below the logger's level is no record", async () => {
    const app = await start(`log.debug({}, "quiet"); log.info({}, "loud")`);
    const record = await app.sink.until(({ logs }) => logs.at(-1)?.body === "loud" && logs[0]);
    expect(record.body).toBe("loud");
  });

  test("without correlation, lines stay as they are", async () => {
    const app = await start(`inSpan(() => log.info({}, "plain"))`, { env: { OTEL_PYTHON_LOG_CORRELATION: "false" } });
    await app.sink.until(({ logs }) => logs[0]);
    const [line] = await linesOf(app, 1);
    expect(Object.keys(line ?? {})).not.toContain("trace_id");
  });
});

test("what pino redacts is redacted in the record", async () => {
  const app = await startApp({
    imports: { pino: "pino" },
    code: `pino({ redact: ["password"] }).info({ password: "secret" }, "login"); tell(true);`,
  });
  const record = await app.sink.until(({ logs }) => logs[0]);
  expect(record.attributes).toEqual({ password: "[Redacted]" });
});

test("pino's child loggers keep their bindings", async () => {
  const app = await startApp({
    imports: { pino: "pino" },
    code: `pino({ level: "trace" }).child({ module: "orders" }).trace("deep"); tell(true);`,
  });
  const record = await app.sink.until(({ logs }) => logs[0]);
  expect(record).toMatchObject({ body: "deep", severityNumber: 1, attributes: { module: "orders" } });
});

describe("console", () => {
  test.each(MODULE_SYSTEMS)(
    "in %s, each line is a record with its severity, and is printed as before",
    async (modules) => {
      const app = await startApp({
        modules,
        imports: { "{ trace }": "@opentelemetry/api" },
        code: `${IN_SPAN}
        inSpan(() => console.log("%s has %d", "cart", 2, { a: 1 }));
        console.debug("d"); console.info("i"); console.warn("w"); console.error(new RangeError("too far"));
        tell(console.log.name);`,
      });
      const records = await app.sink.until(({ logs }) => logs.length === 5 && logs);
      const span = await app.sink.span("work");
      expect(records.map(({ severityText, severityNumber }) => [severityText, severityNumber])).toEqual([
        ["INFO", 9],
        ["DEBUG", 5],
        ["INFO", 9],
        ["WARN", 13],
        ["ERROR", 17],
      ]);
      expect(records[0]).toMatchObject({ body: "cart has 2 { a: 1 }", traceId: span.traceId, spanId: span.spanId });
      expect(records[4]?.attributes).toMatchObject({ "exception.type": "RangeError", "exception.message": "too far" });
      expect(app.stdout).toBe("cart has 2 { a: 1 }\nd\ni\n");
      expect(app.stderr).toMatch(/^w\nRangeError: too far\n/);
      expect(app.told).toEqual(["log"]);
    },
  );

  test("the console exporter's own lines are no records", async () => {
    const app = await startApp({
      env: { OTEL_LOGS_EXPORTER: "console,otlp" },
      code: `console.log("once"); tell(true);`,
    });
    await app.sink.until(({ logs }) => logs[0]);
    const lines = await app.stdoutLines(2, (line) => line);
    expect(lines.filter((line) => line.includes("once"))).toHaveLength(2);
    expect(app.sink.logs).toHaveLength(1);
  });
});
