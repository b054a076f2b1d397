/** Web frameworks: each does the same requests, and what is told of them is the same. */
import { afterEach, describe, expect, test } from "vitest";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

/** Serves `/users/:id`, `/fails` (throws "broken"), and `/shops/:shop/orders/:order` from a router of its own. */
const FRAMEWORKS: Readonly<Record<string, AppSource>> = {
  "Express 5": {
    imports: { express: "express" },
    code: `
      const app = express();
      app.use((request, response, next) => next());
      app.get("/users/:id", async (request, response) => { await null; response.json({ id: request.params.id }); });
      app.get("/fails", async () => { throw new Error("broken"); });
      const orders = express.Router({ mergeParams: true });
      orders.get("/orders/:order", (request, response) => response.json(request.params));
      app.use("/shops/:shop", orders);
      app.use((error, request, response, next) => response.status(500).send("sorry"));
      listening(app.listen(0, "127.0.0.1"));`,
  },
  "Express 4": {
    imports: { express: "express" },
    aliases: { express: "express4" },
    code: `
      const app = express();
      app.use((request, response, next) => next());
      app.get("/users/:id", async (request, response) => { await null; response.json({ id: request.params.id }); });
      app.get("/fails", (request, response, next) => next(new Error("broken")));
      const orders = express.Router({ mergeParams: true });
      orders.get("/orders/:order", (request, response) => response.json(request.params));
      app.use("/shops/:shop", orders);
      app.use((error, request, response, next) => response.status(500).send("sorry"));
      listening(app.listen(0, "127.0.0.1"));`,
  },
  Fastify: {
    imports: { fastify: "fastify" },
    code: `
      const app = fastify();
      app.get("/users/:id", async (request) => ({ id: request.params.id }));
      app.get("/fails", async () => { throw new Error("broken"); });
      app.register(async (orders) => { orders.get("/orders/:order", async (request) => request.params); }, { prefix: "/shops/:shop" });
      await app.listen({ port: 0, host: "127.0.0.1" });
      listening(app.server);`,
  },
  Koa: {
    imports: { Koa: "koa", Router: "@koa/router" },
    code: `
      const app = new Koa();
      app.on("error", () => {});
      const router = new (Router.default ?? Router)();
      router.get("/users/:id", async (context) => { await null; context.body = { id: context.params.id }; });
      router.get("/fails", async () => { throw new Error("broken"); });
      const orders = new (Router.default ?? Router)();
      orders.get("/orders/:order", (context) => { context.body = context.params; });
      router.use("/shops/:shop", orders.routes());
      app.use(router.routes());
      listening(app.listen(0, "127.0.0.1"));`,
  },
  Hono: {
    imports: { "{ Hono }": "hono", "{ serve }": "@hono/node-server" },
    code: `
      const app = new Hono();
      app.use("*", (context, next) => next());
      app.get("/users/:id", async (context) => { await null; return context.json({ id: context.req.param("id") }); });
      app.get("/fails", () => { throw new Error("broken"); });
      const orders = new Hono();
      orders.get("/orders/:order", (context) => context.json(context.req.param()));
      app.route("/shops/:shop", orders);
      const careful = new Hono().onError((error, context) => context.text("mended", 500));
      careful.get("/fails", async () => { throw new Error("broken below"); });
      app.route("/careful", careful);
      app.onError((error, context) => context.text("sorry", 500));
      listening(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }));`,
  },
};

describe.each(Object.keys(FRAMEWORKS))("%s", (name) => {
  const source = FRAMEWORKS[name] as AppSource;

  test.each(MODULE_SYSTEMS)(
    "in %s, one span a request is named for the route, also below a router",
    async (modules) => {
      const app = await startApp({ ...source, modules });
      expect(await (await fetch(`${app.url}/users/7`)).json()).toEqual({ id: "7" });
      expect(await (await fetch(`${app.url}/shops/a/orders/1`)).json()).toEqual({ shop: "a", order: "1" });
      expect((await fetch(`${app.url}/nowhere`)).status).toBe(404);
      expect((await fetch(`${app.url}/fails`)).status).toBe(500);
      const spans = await app.sink.until(({ spans }) => spans.length === 4 && spans);
      expect(
        Object.fromEntries(spans.map((span) => [span.name, [span.attributes["http.route"], span.status.code]])),
      ).toEqual({
        "GET /users/:id": ["/users/:id", 0],
        "GET /shops/:shop/orders/:order": ["/shops/:shop/orders/:order", 0],
        GET: [undefined, 0],
        "GET /fails": ["/fails", 2],
      });
      const point = await app.sink.until(({ points }) =>
        points.find(({ attributes }) => attributes["http.route"] === "/users/:id"),
      );
      expect(point.metric).toBe("http.server.request.duration");
      expect(app.stderr).not.toContain("the instrumentation of");
    },
  );

  test("records what a handler threw on the request's span, once", async () => {
    const app = await startApp(source);
    await fetch(`${app.url}/fails`);
    const span = await app.sink.span("GET /fails");
    expect(span.events.map(({ attributes }) => attributes["exception.message"])).toEqual(["broken"]);
  });
});

test("Hono: what an onError below a route has answered is recorded too", async () => {
  const app = await startApp(FRAMEWORKS["Hono"] as AppSource);
  expect(await (await fetch(`${app.url}/careful/fails`)).text()).toBe("mended");
  const span = await app.sink.span("GET /careful/fails");
  expect(span.events.map(({ attributes }) => attributes["exception.message"])).toEqual(["broken below"]);
});
