import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@clew/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Place } from "../schema/place.ts";
import { section } from "../schema/schema.ts";
import { httpClientFields } from "./http-client-config.ts";
import { HttpClient } from "./http-client.ts";

let here: Server;
let elsewhere: Server;
const seen: Record<string, IncomingHttpHeaders> = {};
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  here = createServer((request, response) => {
    seen[request.url ?? ""] = request.headers;
    const location = { "/near": "/page", "/far": `http://127.0.0.1:${portOf(elsewhere)}/other` }[request.url ?? ""];
    if (location === undefined) response.end("page");
    else response.writeHead(302, { location }).end();
  });
  elsewhere = createServer((request, response) => {
    seen[request.url ?? ""] = request.headers;
    response.end("other");
  });
  for (const server of [here, elsewhere]) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  for (const server of [here, elsewhere]) {
    server.close();
    server.closeAllConnections();
  }
});

test("who we are is told again where a server points to itself, and to no other host", async () => {
  const raw = { basic_auth: { username: "me", password: "hush" }, http_headers: { "x-key": { secrets: ["k"] } } };
  const client = new HttpClient(section(httpClientFields).read(raw, new Place("", [])), systemClock);
  const get = async (path: string): Promise<string> => {
    const { signal } = new AbortController();
    const request = { url: `http://127.0.0.1:${portOf(here)}${path}`, headers: { accept: "a/b" }, maxBytes: 0, signal };
    return (await client.get(request)).body.toString();
  };
  expect([await get("/near"), await get("/far")]).toEqual(["page", "other"]);
  const ours = { authorization: `Basic ${btoa("me:hush")}`, "x-key": "k" };
  expect(seen["/page"]).toMatchObject({ ...ours, accept: "a/b" });
  expect(seen["/far"]).toMatchObject(ours);
  expect(seen["/other"]).toMatchObject({ accept: "a/b" });
  for (const name of Object.keys(ours)) expect(seen["/other"]).not.toHaveProperty(name);
  await client.close();
});
