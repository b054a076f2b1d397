export type { AccessSettings } from "./access.ts";
export type { ProgramStatus } from "./clew/overview-endpoints.ts";
export { listen, prometheusApp, uiApp, type ApiSettings, type ListeningServer } from "./http-server.ts";
