/** In the place of `@opentelemetry/context-async-hooks`. Both of its managers do the same. */
import { AsyncLocalStorageContextManager } from "../../context/async-local-storage-context-manager.ts";

export { AsyncLocalStorageContextManager };
export type { ContextManagementToken } from "../../context/async-local-storage-context-manager.ts";

export class AsyncHooksContextManager extends AsyncLocalStorageContextManager {}
