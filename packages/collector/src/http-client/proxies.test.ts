import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { systemClock } from "@clew/base";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CA, SERVER_CERT, SERVER_KEY } from "../net/tls.test-kit.ts";
import { Place } from "../schema/place.ts";
import { section } from "../schema/schema.ts";
import { checkHttpClient, httpClientFields } from "./http-client-config.ts";
import { HttpClient } from "./http-client.ts";
import { proxyServer, socksServer, type ProxyServer } from "./proxy-server.test-kit.ts";

const { signal } = new AbortController();
const client = section(httpClientFields, checkHttpClient);
const servers: Server[] = [];
const clients: HttpClient[] = [];
let seen: IncomingHttpHeaders[] = [];
let plain = "";
let secure = "";
let proxy: ProxyServer;

beforeAll(async () => {
  const tls = createTlsServer({ cert: SERVER_CERT, key: SERVER_KEY });
  for (const server of [createServer(), tls]) {
    server.on("request", (request, response) => {
      seen.push(request.headers);
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const token = { access_token: "t", token_type: "bearer" };
        response.end(request.url === "/token" ? JSON.stringify(token) : `page${Buffer.concat(chunks).toString()}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    servers.push(server);
  }
  [plain, secure] = servers.map((server, i) => {
    const { port } = server.address() as AddressInfo;
    return `${i === 0 ? "http" : "https"}://localhost:${port}`;
  }) as [string, string];
  proxy = await proxyServer();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((one) => one.close()));
  proxy.asked.length = proxy.headers.length = 0;
  proxy.refusal = undefined;
  seen = [];
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await proxy.close();
});

function clientOf(raw: object, env: Readonly<Record<string, string>> = {}): HttpClient {
  const place = new Place("", []);
  const config = client.read({ tls_config: { ca: CA }, ...raw }, place);
  expect(place.problems).toEqual([]);
  const made = new HttpClient(config, systemClock, env);
  clients.push(made);
  return made;
}

async function get(one: HttpClient, url: string): Promise<string> {
  return (await one.get({ url, headers: { accept: "a/b" }, maxBytes: 0, signal })).body.toString();
}

test("a target of HTTP is asked for by its whole URL, over one connection after the other", async () => {
  const one = clientOf({ proxy_url: proxy.url, basic_auth: { username: "me", password: "hush" } });
  expect([await get(one, `${plain}/a?b=c`), await get(one, `${plain}/d`)]).toEqual(["page", "page"]);
  expect(proxy.asked).toEqual([`GET ${plain}/a?b=c`, `GET ${plain}/d`]);
  expect(seen[0]).toMatchObject({
    host: new URL(plain).host,
    accept: "a/b",
    authorization: `Basic ${btoa("me:hush")}`,
  });
  expect(proxy.headers[0]).not.toHaveProperty("proxy-authorization");
});

test("a target of HTTPS is reached through a tunnel, which is told its own headers", async () => {
  const one = clientOf({
    proxy_url: proxy.url.replace("//", "//us%40er:pass@"),
    proxy_connect_header: { "X-Team": ["a", "b"] },
    authorization: { credentials: "secret" },
  });
  expect(await get(one, `${secure}/a`)).toBe("page");
  expect(await get(one, `${secure}/b`)).toBe("page");
  expect(proxy.asked).toEqual([`CONNECT ${new URL(secure).host}`]);
  expect(proxy.headers[0]).toMatchObject({
    "x-team": "a, b",
    "proxy-authorization": `Basic ${btoa("us@er:pass")}`,
  });
  expect(proxy.headers[0]).not.toHaveProperty("authorization");
  expect(seen[0]).toMatchObject({ authorization: "Bearer secret" });
  expect(seen[0]).not.toHaveProperty("x-team");
});

test("what is posted goes through a proxy, too", async () => {
  const one = clientOf({ proxy_url: proxy.url });
  expect(await one.post({ url: `${plain}/p`, body: "[]", signal })).toMatchObject({ status: 200 });
  expect(proxy.asked).toEqual([`POST ${plain}/p`]);
});

test("the target's certificate is looked at through a tunnel", async () => {
  const one = clientOf({ proxy_url: proxy.url, tls_config: {} });
  await expect(get(one, secure)).rejects.toThrow(/certificate/);
});

test("a proxy may speak TLS itself", async () => {
  const encrypted = await proxyServer({ cert: SERVER_CERT, key: SERVER_KEY });
  const one = clientOf({ proxy_url: encrypted.url });
  expect([await get(one, `${plain}/a`), await get(one, `${secure}/b`)]).toEqual(["page", "page"]);
  expect(encrypted.asked).toEqual([`GET ${plain}/a`, `CONNECT ${new URL(secure).host}`]);
  await one.close();
  await encrypted.close();
});

test("a proxy may speak SOCKS 5", async () => {
  const socks = await socksServer("me", "hush");
  const one = clientOf({ proxy_url: socks.url });
  expect([await get(one, `${plain}/a`), await get(one, `${secure}/b`)]).toEqual(["page", "page"]);
  expect(socks.asked).toEqual([new URL(plain).host, new URL(secure).host]);
  const unknown = clientOf({ proxy_url: socks.url.replace("hush", "guess") });
  await expect(get(unknown, plain)).rejects.toThrow(/uthentication/);
  await one.close();
  await socks.close();
});

test("a proxy that refuses or is not there is told of", async () => {
  const one = clientOf({ proxy_url: proxy.url });
  proxy.refusal = "407 Proxy Authentication Required";
  await expect(get(one, secure)).rejects.toThrow("the proxy does not connect: 407 Proxy Authentication Required");
  const nobody = clientOf({ proxy_url: "http://127.0.0.1:1" });
  await expect(get(nobody, secure)).rejects.toThrow("proxyconnect tcp: connect ECONNREFUSED 127.0.0.1:1");
});

test("a token of OAuth is fetched through a proxy of its own", async () => {
  const oauth2 = { client_id: "me", client_secret: "s", token_url: `${plain}/token`, proxy_url: proxy.url };
  expect(await get(clientOf({ oauth2 }), `${plain}/page`)).toBe("page");
  expect(proxy.asked).toEqual([`POST ${plain}/token`]);
  expect(seen[1]).toMatchObject({ authorization: "Bearer t" });
});

test("the environment names proxies by the scheme of the target, which is never this machine", async () => {
  const env = { HTTP_PROXY: new URL(proxy.url).host, https_proxy: "http://127.0.0.1:1", NO_PROXY: "b.test" };
  const one = clientOf({ proxy_from_environment: true }, env);
  expect(await get(one, plain)).toBe("page");
  expect(proxy.asked).toEqual([]);
  await expect(get(one, "http://a.test/x")).rejects.toThrow("502");
  expect(proxy.asked).toEqual(["GET http://a.test/x"]);
  await expect(get(one, "https://a.test/")).rejects.toThrow("proxyconnect tcp");
  await expect(get(one, "http://b.test/")).rejects.toThrow("ENOTFOUND b.test");
});

describe("settings that do not go together are refused with Prometheus's words", () => {
  test.each([
    [
      { proxy_connect_header: { a: ["b"] } },
      "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured",
    ],
    [
      { proxy_from_environment: true, proxy_url: "http://a" },
      "if proxy_from_environment is configured, proxy_url must not be configured",
    ],
    [
      { proxy_from_environment: true, no_proxy: "a" },
      "if proxy_from_environment is configured, no_proxy must not be configured",
    ],
    [{ no_proxy: "a" }, "if no_proxy is configured, proxy_url must also be configured"],
    [{ proxy_url: "ftp://me:hush@a" }, '"ftp://me:xxxxx@a" is no proxy'],
    [
      { oauth2: { client_id: "a", token_url: "b", no_proxy: "a" } },
      "if no_proxy is configured, proxy_url must also be configured",
    ],
  ])("%j", (raw, what) => {
    const place = new Place("", []);
    client.read(raw, place);
    expect(place.problems.map((problem) => problem.what)).toEqual([what]);
  });
});
