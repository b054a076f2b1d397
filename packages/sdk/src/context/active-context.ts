import { type Context, context as contextApi } from "@opentelemetry/api";
import { apiGlobal } from "../common/api-global.ts";
import { AsyncLocalStorageContextManager } from "./async-local-storage-context-manager.ts";

/** What `context.active` of the API gives. That compares versions each time, which costs more than the rest of it. */
export function activeContext(): Context {
  const manager = apiGlobal()?.context;
  return manager instanceof AsyncLocalStorageContextManager ? manager.active() : contextApi.active();
}
