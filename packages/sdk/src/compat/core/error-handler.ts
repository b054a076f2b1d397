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
  return JSON.stringify(Object.fromEntries(fieldsOf(exception)));
}

/** What is not empty of an object and of its prototypes, as text; the nearer wins. */
function fieldsOf(exception: object): Map<string, string> {
  const fields = new Map<string, string>();
  for (let of: object | null = exception; of !== null; of = Object.getPrototypeOf(of) as object | null) {
    for (const name of Object.getOwnPropertyNames(of)) {
      const value: unknown = Reflect.get(exception, name);
      if (Boolean(value) && !fields.has(name)) fields.set(name, String(value));
    }
  }
  return fields;
}
