import type { Attributes } from "@opentelemetry/api";

/**
 * The attributes of a thrown value. Source: semantic conventions, "Exceptions": type, message and
 * stack trace.
 */
export function exceptionAttributes(exception: unknown): Attributes {
  if (typeof exception !== "object" || exception === null) return { "exception.message": String(exception) };
  const { name, code, message, stack } = exception as Readonly<Record<string, unknown>>;
  const type = name ?? code;
  return {
    ...(isText(type) && { "exception.type": String(type) }),
    ...(isText(message) && { "exception.message": String(message) }),
    ...(isText(stack) && { "exception.stacktrace": String(stack) }),
  };
}

function isText(value: unknown): boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}
