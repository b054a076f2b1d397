/**
 * The application of sdk-http.bench.mjs: one route, two awaits as if a database were asked. Prints its port on its IPC
 * channel, and answers "usage" there with the CPU of all its threads so far, in microseconds, and its memory.
 */
const framework = process.argv[2];
const row = (id) => new Promise((resolve) => setImmediate(resolve, { id, name: `user ${id}` }));

async function user(id) {
  const first = await row(id);
  const second = await row(id + 1);
  return JSON.stringify({ first, second });
}

const STARTS = {
  async "node:http"() {
    const { createServer } = await import("node:http");
    const answer = async (response) => {
      const body = await user(7);
      response.setHeader("content-type", "application/json");
      response.end(body);
    };
    return createServer((request, response) => void answer(response)).listen(0, "127.0.0.1");
  },
  async express() {
    const { default: express } = await import("express");
    const app = express();
    app.use((request, response, next) => next());
    app.get("/users/:id", async (request, response) => {
      response.type("json").send(await user(Number(request.params.id)));
    });
    return app.listen(0, "127.0.0.1");
  },
  async fastify() {
    const { default: fastify } = await import("fastify");
    const app = fastify();
    app.get("/users/:id", async (request, reply) => {
      reply.type("application/json");
      return await user(Number(request.params.id));
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    return app.server;
  },
};

const server = await STARTS[framework]();
if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
process.on("message", () => {
  const { user: userMicros, system } = process.cpuUsage();
  process.send({ cpuMicros: userMicros + system, rssBytes: process.memoryUsage().rss });
});
process.on("disconnect", () => process.exit());
process.send({ port: server.address().port });
