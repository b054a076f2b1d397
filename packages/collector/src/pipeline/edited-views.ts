import { TelemetryView, type Payload } from "@clew/otlp";
import type { Consumer } from "../consumer.ts";

/**
 * A consumer that changes what passes: `edit` is given each payload as views. A payload of
 * which nothing is left is taken, and goes no further.
 */
export function editedViews(next: Consumer, edit: (view: TelemetryView) => void): Consumer {
  return {
    refusal: () => next.refusal?.(),
    consume(payload: Payload): Promise<void> {
      const view = new TelemetryView(payload);
      try {
        edit(view);
        const edited = view.payload();
        return edited === undefined ? Promise.resolve() : next.consume(edited);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  };
}
