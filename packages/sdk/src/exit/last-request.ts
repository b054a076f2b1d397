import type { Signal } from "@clew/otlp";
import type { OTLPExporterConfig } from "../otlp/otlp-config.ts";
import { tellLost } from "./tell-lost.ts";

/** A request for somebody else to send, when its exporter cannot wait for an answer any more. */
export interface LastRequest extends PortableRequest {
  /** Of data alone, for another thread. */
  readonly configForThread: () => OTLPExporterConfig;
}

export interface PortableRequest {
  readonly signal: Signal;
  readonly body: Uint8Array;
  readonly config: OTLPExporterConfig;
}

/** What holds telemetry that was not delivered. */
export interface Drainable {
  /**
   * Gives up all of it at once: when the process ends, nothing can be awaited. `isEnd`: what is under way will not be
   * heard of any more, so what of that may not have left the process is given up, too.
   */
  drain(isEnd: boolean): readonly LastRequest[];
}

/** Drains those of `things` that can be. Never throws. */
export function drainAll(things: readonly object[], isEnd: boolean): LastRequest[] {
  return things.flatMap((thing) => {
    try {
      return isDrainable(thing) ? thing.drain(isEnd) : [];
    } catch (thrown) {
      tellLost(thrown);
      return [];
    }
  });
}

function isDrainable(thing: object): thing is Drainable {
  return "drain" in thing && typeof thing.drain === "function";
}
