import type { ContextManager, TextMapPropagator } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "../context/async-local-storage-context-manager.ts";
import { CompositePropagator } from "../propagation/composite-propagator.ts";
import { W3CBaggagePropagator } from "../propagation/w3c-baggage-propagator.ts";
import { W3CTraceContextPropagator } from "../propagation/w3c-trace-context-propagator.ts";
import { registerContextManager, registerPropagator, registerTracerProvider } from "../register-globals.ts";
import { BasicTracerProvider } from "./basic-tracer-provider.ts";

/** What is `null` is not registered; what is not given has a default. */
export interface SDKRegistrationConfig {
  /** W3C trace context and baggage. */
  readonly propagator?: TextMapPropagator | null;
  /** `AsyncLocalStorageContextManager` */
  readonly contextManager?: ContextManager | null;
}

/** A provider that puts itself behind `@opentelemetry/api`. */
export class NodeTracerProvider extends BasicTracerProvider {
  /** With propagator and context manager. Never throws: what is registered already is warned about. */
  register({ propagator, contextManager }: SDKRegistrationConfig = {}): void {
    registerTracerProvider(this);
    if (propagator !== null) registerPropagator(propagator ?? w3cPropagator());
    if (contextManager === null) return;
    const manager = contextManager ?? new AsyncLocalStorageContextManager();
    manager.enable();
    registerContextManager(manager);
  }
}

function w3cPropagator(): TextMapPropagator {
  return new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] });
}
