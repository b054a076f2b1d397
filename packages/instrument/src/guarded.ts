import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";

/**
 * What our own part of a patched function or a listener does. What it throws is told and goes no
 * further: the application must not see that it is watched. Undefined then.
 */
export function guarded<Result>(what: string, task: () => Result): Result | undefined {
  try {
    return task();
  } catch (thrown) {
    diag.error(`the instrumentation of ${what} failed: ${messageOf(thrown)}`);
    return undefined;
  }
}
