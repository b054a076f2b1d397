import type { SpanProcessor } from "../trace/span-processor.ts";

/** Does nothing with spans. */
export class NoopSpanProcessor implements SpanProcessor {
  onStart(): void {}
  onEnd(): void {}

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
