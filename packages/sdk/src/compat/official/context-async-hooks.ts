/** In the place of `@opentelemetry/context-async-hooks`. Both of its managers do the same. */
export {
  AsyncLocalStorageContextManager,
  AsyncLocalStorageContextManager as AsyncHooksContextManager,
} from "../../context/async-local-storage-context-manager.ts";
