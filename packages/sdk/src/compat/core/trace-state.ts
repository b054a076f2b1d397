import type { TraceState as ApiTraceState } from "@opentelemetry/api";
import { W3CTraceState } from "../../propagation/w3c-trace-state.ts";

/** The vendors' list of a trace, as the official SDK makes it of a header; empty where that is malformed. */
export class TraceState implements ApiTraceState {
  #state: W3CTraceState;

  constructor(rawTraceState: string = "") {
    this.#state = W3CTraceState.parse(rawTraceState) ?? W3CTraceState.EMPTY;
  }

  get(key: string): string | undefined {
    return this.#state.get(key);
  }

  set(key: string, value: string): TraceState {
    return this.#with(this.#state.set(key, value));
  }

  unset(key: string): TraceState {
    return this.#with(this.#state.unset(key));
  }

  serialize(): string {
    return this.#state.serialize();
  }

  #with(state: W3CTraceState): TraceState {
    if (state === this.#state) return this;
    const changed = new TraceState();
    changed.#state = state;
    return changed;
  }
}
