import type { LogAttributes } from "@opentelemetry/api-logs";

/** An error as loggers serialise it, `{ type, message, stack }`, as the attributes of an exception. */
export function exceptionAttributes(error: unknown): LogAttributes {
  if (typeof error !== "object" || error === null) return {};
  const { type, name, message, stack } = error as Readonly<Record<string, unknown>>;
  const attributes: LogAttributes = {};
  if (typeof (type ?? name) === "string") attributes["exception.type"] = (type ?? name) as string;
  if (typeof message === "string") attributes["exception.message"] = message;
  if (typeof stack === "string") attributes["exception.stacktrace"] = stack;
  return attributes;
}
