import { diag, type Exception } from "@opentelemetry/api";

export type ErrorHandler = (exception: Exception) => void;

// One for the process, as in the official package; behind an object, so that the binding stays.
const current: { handler: ErrorHandler } = { handler: loggingErrorHandler() };

/** Reports through `diag`. */
export function loggingErrorHandler(): ErrorHandler {
  return (exception) => diag.error(textOf(exception));
}

/** Takes the place of the handler that there was. */
export function setGlobalErrorHandler(handler: ErrorHandler): void {
  current.handler = handler;
}

/** Never throws, whatever the handler does. */
export function globalErrorHandler(exception: Exception): void {
  try {
    current.handler(exception);
  } catch {
    // There is nobody left to tell.
  }
}

function textOf(exception: Exception): string {
  if (typeof exception === "string") return exception;
  const { name, message, stack, code } = exception;
  return JSON.stringify({ name, message, stack, code });
}
