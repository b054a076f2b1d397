import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";

/** Reports what made telemetry undeliverable when nothing can be tried again. */
export function tellLost(thrown: unknown): void {
  diag.error(`telemetry was lost at the end of the process: ${messageOf(thrown)}`);
}
