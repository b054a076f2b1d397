import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { serveRoutes } from "./http-routes.ts";
import { localRoute } from "./local-route.ts";

async function served(): Promise<number> {
  const route = localRoute((_request, response) => void response.end("shown"));
  const server = await serveRoutes({ host: "0.0.0.0", port: 0 }, "endpoint", { "/": route }, () => {});
  onTestFinished(() => server.close());
  return server.address.port;
}

function statusOf(host: string, port: number, header: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host, port, headers: { host: header } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

test.each([
  ["localhost:8888", 200],
  ["127.0.0.1", 200],
  ["[::1]:8888", 200],
  ["evil.example:8888", 403],
  ["127.0.0.1.evil.example", 403],
])("a client of this machine that asks for %s gets %i", async (header, status) => {
  expect(await statusOf("127.0.0.1", await served(), header)).toBe(status);
});

const outer = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

test.skipIf(outer === undefined)("a client from outside is refused, whatever it calls us", async () => {
  expect(await statusOf(outer!, await served(), "localhost")).toBe(403);
});
