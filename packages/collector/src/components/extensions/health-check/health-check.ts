import { formatDuration } from "@clew/base";
import type { Settings } from "../../../component.ts";
import type { Extension } from "../../../extension.ts";
import { serveRoutes, type RouteServer } from "../../../net/http-routes.ts";
import type { HealthCheckConfig } from "./config.ts";

/** What Go prints of a time that was never set. */
const NEVER = "0001-01-01T00:00:00Z";

/** Answers probes: 200 while every pipeline runs, 503 before and after. */
export class HealthCheck implements Extension {
  readonly #settings: Settings;
  readonly #config: HealthCheckConfig;
  #server: RouteServer | undefined;
  #upSinceMs: number | undefined;

  constructor(settings: Settings, config: HealthCheckConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async start(): Promise<void> {
    const { path, report, listening } = this.#settings;
    this.#server = await serveRoutes(
      this.#config.endpoint,
      `${path}::endpoint`,
      {
        [this.#config.path]: (_request, response) => {
          const { status, contentType, body } = this.#answer();
          response.writeHead(status, { "content-type": contentType }).end(body);
        },
      },
      report,
    );
    listening("endpoint", this.#server.address);
  }

  async shutdown(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  ready(): void {
    this.#upSinceMs = this.#settings.clock.nowMs();
    this.#settings.logger.info("Health Check state change", { status: "ready" });
  }

  notReady(): void {
    this.#upSinceMs = undefined;
    this.#settings.logger.info("Health Check state change", { status: "unavailable" });
  }

  #answer(): { status: number; contentType: string; body: string } {
    const upSinceMs = this.#upSinceMs;
    const status = upSinceMs === undefined ? 503 : 200;
    const { response_body: texts } = this.#config;
    if (texts !== undefined) {
      const body = upSinceMs === undefined ? texts.unhealthy : texts.healthy;
      return { status, contentType: "text/plain; charset=utf-8", body };
    }
    const body = {
      status: upSinceMs === undefined ? "Server not available" : "Server available",
      upSince: upSinceMs === undefined ? NEVER : new Date(upSinceMs).toISOString(),
      uptime: upSinceMs === undefined ? "" : formatDuration(this.#settings.clock.nowMs() - upSinceMs),
    };
    return { status, contentType: "application/json", body: JSON.stringify(body) };
  }
}
