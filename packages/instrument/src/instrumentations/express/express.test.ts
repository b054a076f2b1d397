import { afterEach, expect, test } from "vitest";
import { appStarter } from "../../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

const NESTED = `
  const app = express();
  const inner = express.Router({ mergeParams: true });
  inner.get("/items/:item", (request, response) => response.json(request.params));
  inner.get("/", (request, response) => response.json(request.params));
  const tenant = express.Router({ mergeParams: true });
  tenant.use("/shops/:shop", inner);
  const api = express.Router();
  api.use("/:tenant", tenant);
  app.use("/api", api);
  listening(app.listen(0, "127.0.0.1"));`;

test.each([{}, { express: "express4" }])(
  "the route of routers in routers is put together from their patterns",
  async (aliases) => {
    const app = await startApp({
      imports: { express: "express" },
      aliases: aliases as Record<string, string>,
      code: NESTED,
    });
    const response = await fetch(`${app.url}/api/acme/shops/s1/items/9`);
    expect(await response.json()).toEqual({ tenant: "acme", shop: "s1", item: "9" });
    await fetch(`${app.url}/api/acme/shops/s1/`);
    await app.sink.span("GET /api/:tenant/shops/:shop/items/:item");
    await app.sink.span("GET /api/:tenant/shops/:shop");
  },
);

test.each([{}, { express: "express4" }])(
  "middleware has spans where they are asked for, and the handler is not below them",
  async (aliases) => {
    const app = await startApp({
      imports: { express: "express", "{ trace }": "@opentelemetry/api" },
      aliases: aliases as Record<string, string>,
      env: { OTEL_NODE_EXPRESS_MIDDLEWARE_SPANS: "true" },
      code: `
      const app = express();
      app.use(function authenticate(request, response, next) { setImmediate(next); });
      app.get("/", (request, response) => { trace.getTracer("app").startSpan("work").end(); response.end(); });
      listening(app.listen(0, "127.0.0.1"));`,
    });
    await fetch(app.url);
    const server = await app.sink.span("GET /");
    const middleware = await app.sink.span("middleware - authenticate");
    const work = await app.sink.span("work");
    expect(middleware.parentSpanId).toBe(server.spanId);
    expect(work.parentSpanId).toBe(server.spanId);
  },
);
