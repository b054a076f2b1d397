import type { Settings } from "../../../component.ts";
import type { CollectorView, Extension } from "../../../extension.ts";
import { serveRoutes, type Route, type RouteServer } from "../../../net/http-routes.ts";
import type { ZpagesConfig } from "./config.ts";
import { extensionz, featurez, pipelinez, servicez } from "./pages.ts";
import { SpanSamples } from "./span-samples.ts";
import { tracez } from "./tracez.ts";

/** Serves pages that show what runs. */
export class Zpages implements Extension {
  readonly #settings: Settings;
  readonly #config: ZpagesConfig;
  readonly spans: SpanSamples = new SpanSamples();
  #server: RouteServer | undefined;
  #collector: CollectorView = { resource: {}, startTimeMs: 0, pipelines: [], extensions: [] };

  constructor(settings: Settings, config: ZpagesConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async start(): Promise<void> {
    const { path, report, listening, logger, clock } = this.#settings;
    const html =
      (text: () => string): Route =>
      (_request, response) =>
        void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(text());
    const routes: Record<string, Route> = {
      "/debug/servicez": html(() => servicez(this.#collector, clock.nowMs())),
      "/debug/pipelinez": html(() => pipelinez(this.#collector)),
      "/debug/extensionz": html(() => extensionz(this.#collector)),
      "/debug/featurez": html(() => featurez()),
      "/debug/tracez": (request, response) => {
        const query = new URL(request.url ?? "/", "http://zpages").searchParams;
        html(() => tracez(this.spans, query))(request, response);
      },
      ...(this.#config.expvar.enabled ? { "/debug/expvarz": expvarz } : {}),
    };
    this.#server = await serveRoutes(this.#config.endpoint, `${path}::endpoint`, routes, report);
    listening("endpoint", this.#server.address);
    logger.info("Starting zPages extension");
  }

  async shutdown(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  ready(collector: CollectorView): void {
    this.#collector = collector;
  }
}

const expvarz: Route = (_request, response) => {
  const variables = { cmdline: process.argv, memstats: process.memoryUsage(), resources: process.resourceUsage() };
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(variables));
};
