import type { Payload } from "@clew/otlp";
import { ConsumeError } from "../consumer.ts";
import type { Sizer } from "./sender-config.ts";

/** A payload that was taken out of a queue. Its room stays occupied until it is done with. */
export interface Taken {
  readonly payload: Payload;
  /** Tells how it ended: undefined where it was delivered. */
  readonly done: (error?: unknown) => void;
}

/** Where payloads wait to be sent. */
export interface Queue {
  /** What waits or is under way, in units of its sizer. */
  readonly size: number;
  /** Whether there is something to `take`. */
  readonly hasWaiting: boolean;
  /** Resolves with the payload's fate as far as the queue answers for it: delivered, or durable. Rejects with `QUEUE_FULL`. */
  offer(payload: Payload): Promise<void>;
  /** The oldest that waits. Undefined where it cannot be read any more. */
  take(): Promise<Taken | undefined>;
  /** The error with which anything would be refused now. */
  refusal(): ConsumeError | undefined;
  /** Takes nothing new. Resolves when what must be kept is kept. */
  close(): Promise<void>;
}

export function sizeOf({ counts, byteLength }: Pick<Payload, "counts" | "byteLength">, sizer: Sizer): number {
  return sizer === "requests" ? 1 : sizer === "items" ? counts.items : byteLength;
}

export function queueFull(path: string): ConsumeError {
  return new ConsumeError("QUEUE_FULL", "sending queue is full", {
    permanent: false,
    path,
    remedy: "the receiver behind it is too slow or down; raise queue_size to bear it longer",
  });
}

export function shuttingDown(path: string): ConsumeError {
  return new ConsumeError("SHUTTING_DOWN", "the collector is shutting down", {
    permanent: false,
    path,
    remedy: "send it again once the collector is back",
  });
}
