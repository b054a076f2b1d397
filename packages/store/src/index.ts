export type { EmbeddedSession } from "./engine/embedded-session.ts";
export { runEngineProgram } from "./engine/engine-program.ts";
export { Store, type StoreHealth, type StoreSettings } from "./store.ts";
