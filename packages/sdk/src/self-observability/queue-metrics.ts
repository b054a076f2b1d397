import type { SdkObserver } from "./sdk-observer.ts";

/** What goes through a processor. */
export type ProcessedItem = "span" | "log";

const UNITS: Readonly<Record<ProcessedItem, string>> = { span: "{span}", log: "{log_record}" };
const NOUNS: Readonly<Record<ProcessedItem, string>> = { span: "spans", log: "log records" };

/** A processor's queue, as it is now. */
export interface QueueState {
  readonly size: number;
  readonly capacity: number;
  /** Handed to the exporter. */
  readonly processed: number;
  /** Lost because the queue was full. */
  readonly dropped: number;
}

/** The metrics of a batch processor: `otel.sdk.processor.span.queue.size` and its kin. */
export function observeQueue(observer: SdkObserver, item: ProcessedItem, state: () => QueueState): void {
  const component = observer.component(`batching_${item}_processor`);
  const name = (end: string): string => `otel.sdk.processor.${item}.${end}`;
  const [unit, noun] = [UNITS[item], NOUNS[item]];
  observer.upDownCounter(name("queue.size"), unit, `The number of ${noun} in the queue of the processor.`, () => [
    { value: state().size, attributes: component },
  ]);
  observer.upDownCounter(name("queue.capacity"), unit, `The maximum number of ${noun} that the queue can hold.`, () => [
    { value: state().capacity, attributes: component },
  ]);
  observer.counter(name("processed"), unit, `The number of ${noun} that were processed, successfully or not.`, () => [
    { value: state().processed, attributes: component },
    ...(state().dropped > 0
      ? [{ value: state().dropped, attributes: { ...component, "error.type": "queue_full" } }]
      : []),
  ]);
}
