import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { type Context, type ContextManager, ROOT_CONTEXT } from "@opentelemetry/api";
import { bindEmitter } from "./bind-emitter.ts";

/** Ends what `attach` began. Does nothing the second time. */
export interface ContextManagementToken {
  dispose(): void;
}

/** Carries the active context through callbacks, promises and timers by Node's `AsyncLocalStorage`. */
export class AsyncLocalStorageContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  #isInUse = false;

  /** Whether a context was made active before. */
  get isInUse(): boolean {
    return this.#isInUse;
  }

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<Args extends unknown[], Task extends (...args: Args) => ReturnType<Task>>(
    context: Context,
    task: Task,
    thisArg?: ThisParameterType<Task>,
    ...args: Args
  ): ReturnType<Task> {
    const bound = thisArg === undefined ? task : task.bind(thisArg);
    this.#isInUse = true;
    return this.#storage.run(context, bound, ...args);
  }

  /** A function that runs in `context`, or an event emitter whose listeners do. Anything else is given back. */
  bind<Target>(context: Context, target: Target): Target {
    if (target instanceof EventEmitter) {
      bindEmitter(target, (listener) => this.#bindFunction(context, listener));
      return target;
    }
    return typeof target === "function" ? this.#bindFunction(context, target) : target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }

  /**
   * Makes `context` the active one for what follows in this asynchronous execution, until `dispose` is called. In an async
   * function, what the caller does until the first `await` is meant too: prefer `with`.
   */
  attach(context: Context): ContextManagementToken {
    const previous = this.active();
    this.#isInUse = true;
    this.#storage.enterWith(context);
    let isDisposed = false;
    return {
      dispose: () => {
        if (!isDisposed) this.#storage.enterWith(previous);
        isDisposed = true;
      },
    };
  }

  #bindFunction<Target extends Function>(context: Context, target: Target): Target {
    const storage = this.#storage;
    this.#isInUse = true;
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return storage.run(context, () => Reflect.apply(target, this, args) as unknown);
    };
    Object.defineProperty(bound, "length", { value: target.length, configurable: true });
    return bound as unknown as Target;
  }
}
