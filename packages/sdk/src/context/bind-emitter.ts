/** Makes an event emitter call the listeners that are added from now on in a given context. */
import type { EventEmitter } from "node:events";

type Listener = ((...args: unknown[]) => void) & { listener?: unknown };
type BindListener = (listener: Listener) => Listener;

const ADDERS = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;
const REMOVERS = ["off", "removeListener"] as const;

export function bindEmitter(emitter: EventEmitter, bind: BindListener): void {
  // The listener that the user gave --> the bound one that the emitter holds.
  const boundBy = new WeakMap<Listener, Listener>();
  for (const name of ADDERS) {
    const add = emitter[name].bind(emitter);
    override(emitter, name, (event, listener) => add(event, boundListener(boundBy, listener, bind)));
  }
  for (const name of REMOVERS) {
    const remove = emitter[name].bind(emitter);
    override(emitter, name, (event, listener) => remove(event, boundBy.get(listener) ?? listener));
  }
}

function boundListener(boundBy: WeakMap<Listener, Listener>, listener: Listener, bind: BindListener): Listener {
  const known = boundBy.get(listener);
  if (known !== undefined) return known;
  const bound = bind(listener);
  // Node's `once` adds a wrapper that names its listener so; removal looks for that name.
  if (listener.listener !== undefined) bound.listener = listener.listener;
  boundBy.set(listener, bound);
  return bound;
}

function override(
  emitter: EventEmitter,
  name: (typeof ADDERS)[number] | (typeof REMOVERS)[number],
  method: (event: string | symbol, listener: Listener) => EventEmitter,
): void {
  Object.defineProperty(emitter, name, { value: method, configurable: true, writable: true });
}
