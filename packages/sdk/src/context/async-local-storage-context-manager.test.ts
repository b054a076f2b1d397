import { EventEmitter } from "node:events";
import { createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { AsyncLocalStorageContextManager } from "../index.ts";

const KEY = createContextKey("test");
const context = ROOT_CONTEXT.setValue(KEY, "here");

test("the context holds across promises and timers, and ends with the call", async () => {
  const manager = new AsyncLocalStorageContextManager();
  const seen = await manager.with(context, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return manager.active().getValue(KEY);
  });
  expect(seen).toBe("here");
  expect(manager.active()).toBe(ROOT_CONTEXT);
});

test("`with` passes on `this` and arguments", () => {
  const manager = new AsyncLocalStorageContextManager();
  function describe(this: { name: string }, count: number): string {
    return `${this.name} ${count}`;
  }
  expect(manager.with(context, describe, { name: "x" }, 3)).toBe("x 3");
});

test("a bound function runs in its context, wherever it is called", () => {
  const manager = new AsyncLocalStorageContextManager();
  const bound = manager.bind(context, (suffix: string) => `${String(manager.active().getValue(KEY))}${suffix}`);
  expect(bound("!")).toBe("here!");
  expect(bound).toHaveLength(1);
});

test("the listeners of a bound emitter run in its context and can be removed", () => {
  const manager = new AsyncLocalStorageContextManager();
  const emitter = manager.bind(context, new EventEmitter());
  const seen: unknown[] = [];
  const listener = (): void => void seen.push(manager.active().getValue(KEY));
  emitter.on("event", listener);
  emitter.once("event", listener);
  emitter.emit("event");
  expect(seen).toEqual(["here", "here"]);
  emitter.emit("event");
  expect(seen).toHaveLength(3);
  emitter.off("event", listener);
  emitter.once("event", listener);
  emitter.removeListener("event", listener);
  emitter.emit("event");
  expect(seen).toHaveLength(3);
  expect(emitter.listenerCount("event")).toBe(0);
});

test("an attached context is active until its token is disposed of, and a second time changes nothing", async () => {
  const manager = new AsyncLocalStorageContextManager();
  await manager.with(context, async () => {
    const inner = context.setValue(KEY, "inner");
    const token = manager.attach(inner);
    await new Promise((resolve) => setImmediate(resolve));
    expect(manager.active()).toBe(inner);
    token.dispose();
    expect(manager.active()).toBe(context);
    manager.attach(inner);
    token.dispose();
    expect(manager.active()).toBe(inner);
  });
});
