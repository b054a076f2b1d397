import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { problemsIn, readWhole } from "../../schema/read.test-kit.ts";
import { ManualClock, until } from "../../collector.test-kit.ts";
import { componentSettings, type ComponentKit } from "../../component.test-kit.ts";
import type { DiscoverySource } from "../discovery.ts";
import { consulSd, consulSource } from "./consul-sd.ts";
import { healthOf } from "./instance-labels.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const REFRESH_MS = 30_000;
const RETRY_MS = 15_000;

interface Held {
  readonly url: URL;
  readonly response: ServerResponse;
}

/** Plays Consul's API: a query with the current index is held until something changes. */
class Consul {
  index = 10n;
  /** Whether it says its index. */
  isIndexed = true;
  services: Record<string, readonly string[]> = {};
  instances: Record<string, readonly object[]> = {};
  self: unknown = { Config: { Datacenter: "dc1" } };
  status = 200;
  /** Sent as it is. */
  raw: string | undefined;
  /** Paths that are not answered. */
  mute: string | undefined;
  readonly asked: URL[] = [];
  headers: IncomingHttpHeaders = {};
  readonly #held = new Set<Held>();
  #close: () => Promise<void> = () => Promise.resolve();

  async listen(at: string | number = 0): Promise<number> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "", "http://consul");
      this.asked.push(url);
      this.headers = request.headers;
      if (this.mute !== undefined && url.pathname.endsWith(this.mute)) return;
      if (this.status === 200 && url.searchParams.get("index") === String(this.index)) {
        const held = { url, response };
        this.#held.add(held);
        response.on("close", () => this.#held.delete(held));
        return;
      }
      this.#answer(url, response);
    });
    this.#close = () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    };
    await new Promise<void>((resolve) =>
      typeof at === "string" ? server.listen(at, resolve) : server.listen(at, "127.0.0.1", resolve),
    );
    cleanups.push(() => this.close());
    return typeof at === "string" ? 0 : (server.address() as AddressInfo).port;
  }

  /** Answers what is held, of `path` only where one is given: after a change, or for a wait that is over. */
  release(path?: string): void {
    for (const held of this.#held) {
      if (path !== undefined && held.url.pathname !== path) continue;
      this.#held.delete(held);
      this.#answer(held.url, held.response);
    }
  }

  change(): void {
    this.index++;
    this.release();
  }

  /** The paths of the queries that are held. */
  get held(): string[] {
    return [...this.#held].map(({ url }) => url.pathname).sort();
  }

  get paths(): string[] {
    return this.asked.map(({ pathname }) => pathname);
  }

  close(): Promise<void> {
    const close = this.#close;
    this.#close = () => Promise.resolve();
    return close();
  }

  #answer(url: URL, response: ServerResponse): void {
    if (this.status !== 200) return void response.writeHead(this.status).end("Permission denied");
    const path = url.pathname.slice(url.pathname.indexOf("/v1/"));
    const service = /^\/v1\/health\/service\/(.*)$/.exec(path)?.[1];
    const body =
      path === "/v1/agent/self"
        ? this.self
        : service === undefined
          ? this.services
          : (this.instances[decodeURIComponent(service)] ?? []);
    response.writeHead(200, this.isIndexed ? { "x-consul-index": String(this.index) } : {});
    response.end(this.raw ?? JSON.stringify(body));
  }
}

type Targets = Record<string, string>[];

interface Fixture {
  readonly consul: Consul;
  readonly port: number;
  readonly clock: ManualClock;
  readonly kit: ComponentKit;
  readonly source: DiscoverySource;
  readonly found: Targets[];
  /** The addresses that were told, by telling. */
  readonly addresses: () => (string | undefined)[][];
}

const read = (config: object): ReturnType<typeof consulSd.read> => readWhole(consulSd, config);

const problemsOf = (config: object): string[] => problemsIn(consulSd, config);

async function start(consul: Consul, config: object = {}): Promise<Fixture> {
  const port = await consul.listen();
  return { ...startAt(consul, { server: `127.0.0.1:${port}`, ...config }), port };
}

function startAt(consul: Consul, config: object): Omit<Fixture, "port"> {
  const clock = new ManualClock();
  const kit = componentSettings("receiver", "prometheus", clock);
  const source = consulSource(read(config), kit.settings);
  const found: Targets[] = [];
  source.start((targets) => found.push(targets.map((one) => Object.fromEntries(one))));
  cleanups.push(() => source.stop());
  const addresses = (): (string | undefined)[][] =>
    found.map((targets) => targets.map((one) => one["__address__"]).sort());
  return { consul, clock, kit, source, found, addresses };
}

function instance(address: string, service: object = {}, more: object = {}): object {
  return {
    Node: { Node: "n", Address: "10.0.0.1" },
    Service: { ID: "id", Address: address, Port: 80, ...service },
    Checks: [],
    ...more,
  };
}

/** Goes on until Consul holds a query for each of `paths`. */
async function waits({ clock, consul }: Pick<Fixture, "clock" | "consul">, ...paths: string[]): Promise<void> {
  clock.advance(REFRESH_MS);
  await until(() => consul.held.length === paths.length);
  expect(consul.held).toEqual(paths);
}

/** Goes on until `addresses` are told, which may be a second after other ones. */
async function told({ addresses, clock }: Fixture, ...wanted: string[]): Promise<void> {
  await until(() => {
    if (addresses().at(-1)?.join() === wanted.join()) return true;
    clock.advance(1);
    return false;
  });
}

const SHOP = "/v1/health/service/shop";
const WEB = "/v1/health/service/web";
const CATALOG = "/v1/catalog/services";

test("makes a target of each instance with all its labels", async () => {
  const consul = new Consul();
  consul.services = { shop: ["a", "b"] };
  consul.instances["shop"] = [
    {
      Node: {
        Node: "node-1",
        Address: "10.0.0.1",
        TaggedAddresses: { lan: "10.0.0.1", "wan-v6": "2001:db8::1" },
        Meta: { "rack.no": "7" },
      },
      Service: {
        ID: "shop-1",
        Service: "shop",
        Tags: ["a", "b"],
        Meta: { "version/main": "2" },
        Address: "2001:db8::2",
        Port: 8080,
        Namespace: "ns1",
        Partition: "part1",
        TaggedAddresses: { lan: { Address: "1.2.3.4", Port: 5 } },
      },
      Checks: [
        { CheckID: "serf", Status: "passing" },
        { CheckID: "ping", Status: "warning" },
      ],
    },
    { Node: { Node: "node-2", Address: "10.0.0.2", Meta: null }, Service: { ID: "shop-2", Tags: null, Port: 0 } },
  ];
  const { found, consul: server, kit } = await start(consul);
  await until(() => found.length > 0);
  const shared = { __meta_consul_service: "shop", __meta_consul_dc: "dc1" };
  expect(found).toEqual([
    [
      {
        ...shared,
        __address__: "[2001:db8::2]:8080",
        __meta_consul_address: "10.0.0.1",
        __meta_consul_node: "node-1",
        __meta_consul_namespace: "ns1",
        __meta_consul_partition: "part1",
        __meta_consul_tags: ",a,b,",
        __meta_consul_service_address: "2001:db8::2",
        __meta_consul_service_port: "8080",
        __meta_consul_service_id: "shop-1",
        __meta_consul_health: "warning",
        __meta_consul_metadata_rack_no: "7",
        __meta_consul_service_metadata_version_main: "2",
        __meta_consul_tagged_address_lan: "10.0.0.1",
        __meta_consul_tagged_address_wan_v6: "2001:db8::1",
      },
      {
        ...shared,
        __address__: "10.0.0.2:0",
        __meta_consul_address: "10.0.0.2",
        __meta_consul_node: "node-2",
        __meta_consul_namespace: "",
        __meta_consul_partition: "",
        __meta_consul_tags: ",,",
        __meta_consul_service_address: "",
        __meta_consul_service_port: "0",
        __meta_consul_service_id: "shop-2",
        __meta_consul_health: "passing",
      },
    ],
  ]);
  expect(server.paths).toEqual(["/v1/agent/self", CATALOG, SHOP]);
  expect(kit.lines).toEqual([]);
});

test("counts the worst check, maintenance above all", () => {
  const health = (...statuses: string[]): string => healthOf(statuses.map((status) => ({ id: "c", status })));
  expect(health()).toBe("passing");
  expect(health("passing", "critical", "warning")).toBe("critical");
  expect(health("passing", "odd", "critical")).toBe("");
  const node = { id: "_node_maintenance", status: "critical" };
  expect(healthOf([{ id: "c", status: "passing" }, node])).toBe("maintenance");
  expect(healthOf([{ id: "_service_maintenance:shop", status: "critical" }])).toBe("maintenance");
  expect(healthOf([node, { id: "c", status: "odd" }])).toBe("");
});

test("sends all that is configured as parameters and headers", async () => {
  const consul = new Consul();
  consul.services = { "my shop": ["a", "b", "c"], other: ["a"] };
  consul.instances["my shop"] = [instance("10.0.0.5")];
  const { found } = await start(consul, {
    path_prefix: "/consul",
    token: "secret",
    datacenter: "east",
    namespace: "ns1",
    partition: "part1",
    username: "u",
    password: "p",
    tags: ["a", "b"],
    node_meta: { rack: "7", row: "3" },
    filter: 'ServiceName != "x"',
    health_filter: 'Checks.Status == "passing"',
    tag_separator: ";",
  });
  await until(() => found.length > 0);
  const common = [
    ["dc", "east"],
    ["ns", "ns1"],
    ["partition", "part1"],
    ["stale", ""],
    ["wait", "120000ms"],
  ];
  const nodes = [
    ["node-meta", "rack:7"],
    ["node-meta", "row:3"],
  ];
  expect(consul.asked.map((url) => [url.pathname, [...url.searchParams]])).toEqual([
    ["/consul/v1/catalog/services", [...common, ["filter", 'ServiceName != "x"'], ...nodes]],
    [
      "/consul/v1/health/service/my%20shop",
      [...common, ["filter", 'Checks.Status == "passing"'], ...nodes, ["tag", "a"], ["tag", "b"]],
    ],
  ]);
  expect(consul.headers["x-consul-token"]).toBe("secret");
  expect(consul.headers.authorization).toBe(`Basic ${btoa("u:p")}`);
  expect(found[0]![0]).toMatchObject({ __meta_consul_dc: "east", __meta_consul_tags: ";;" });
});

test("asks nothing of the catalog where services are named without tags or filter", async () => {
  const consul = new Consul();
  consul.instances = { shop: [instance("10.0.0.5")], "web/1": [instance("10.0.0.6")] };
  const { addresses } = await start(consul, { services: ["shop", "web/1", "shop"], allow_stale: false });
  await until(() => addresses().length > 0);
  expect(addresses()).toEqual([["10.0.0.5:80", "10.0.0.6:80"]]);
  expect(consul.asked.map(({ pathname, search }) => pathname + search).sort()).toEqual([
    "/v1/agent/self",
    `${SHOP}?wait=120000ms`,
    "/v1/health/service/web%2F1?wait=120000ms",
  ]);
});

test("asks the catalog for named services where tags are wanted too", async () => {
  const consul = new Consul();
  consul.services = { shop: ["a"], bare: [], web: ["a"] };
  consul.instances = { shop: [instance("10.0.0.5")] };
  const { addresses } = await start(consul, { services: ["shop", "bare"], tags: ["a"] });
  await until(() => addresses().length > 0);
  expect(addresses()).toEqual([["10.0.0.5:80"]]);
  expect(consul.paths).toEqual(["/v1/agent/self", CATALOG, SHOP]);
});

test("waits for changes with the index it has, and tells them when they come", async () => {
  const consul = new Consul();
  consul.services = { shop: [] };
  consul.instances = { shop: [instance("10.0.0.5")] };
  const fixture = await start(consul);
  const { addresses, clock } = fixture;
  await until(() => addresses().length === 1);
  // Not before refresh_interval has passed.
  clock.advance(REFRESH_MS - 1);
  expect(consul.asked).toHaveLength(3);
  await waits(fixture, CATALOG, SHOP);
  expect(consul.asked.at(-1)!.searchParams.get("index")).toBe("10");

  consul.instances["shop"] = [instance("10.0.0.5"), instance("10.0.0.6")];
  consul.change();
  await until(() => addresses().length === 2);
  await waits(fixture, CATALOG, SHOP);
  // A wait that ends without a change tells nothing.
  consul.release();
  await waits(fixture, CATALOG, SHOP);
  expect(addresses()).toEqual([["10.0.0.5:80"], ["10.0.0.5:80", "10.0.0.6:80"]]);
});

test("watches services that come, and forgets those that go", async () => {
  const consul = new Consul();
  consul.services = { shop: [] };
  consul.instances = { shop: [instance("10.0.0.5")], web: [instance("10.0.0.6")] };
  const fixture = await start(consul);
  await told(fixture, "10.0.0.5:80");
  await waits(fixture, CATALOG, SHOP);
  consul.services = { shop: [], web: [] };
  consul.change();
  await told(fixture, "10.0.0.5:80", "10.0.0.6:80");
  await waits(fixture, CATALOG, SHOP, WEB);
  consul.services = { web: [] };
  consul.index++;
  // Only the catalog answers: the watch of `shop` is broken off.
  consul.release(CATALOG);
  await until(() => consul.held.length === 1);
  expect(consul.held).toEqual([WEB]);
  await told(fixture, "10.0.0.6:80");
  await waits(fixture, CATALOG, WEB);
  consul.services = {};
  consul.change();
  await told(fixture);
  await waits(fixture, CATALOG);
  expect(fixture.kit.lines).toEqual([]);
});

test("tells nothing but that there is nothing, where no service is wanted", async () => {
  const consul = new Consul();
  consul.services = { shop: [] };
  const { found } = await start(consul, { tags: ["a"] });
  await until(() => found.length > 0);
  expect(found).toEqual([[]]);
});

test("begins anew when the index goes back, also beyond what a number holds", async () => {
  const consul = new Consul();
  consul.index = 9_007_199_254_740_993n;
  consul.instances = { shop: [instance("10.0.0.5")] };
  const fixture = await start(consul, { services: ["shop"] });
  const { addresses, clock } = fixture;
  await until(() => addresses().length === 1);
  await waits(fixture, SHOP);
  consul.index = 9_007_199_254_740_992n;
  consul.instances["shop"] = [instance("10.0.0.6")];
  consul.release();
  await until(() => addresses().length === 2);
  consul.asked.length = 0;
  clock.advance(REFRESH_MS);
  await until(() => consul.asked.length === 1);
  expect(consul.asked[0]!.searchParams.has("index")).toBe(false);
  await until(() => addresses().length === 3);
  await waits(fixture, SHOP);
  expect(addresses()).toEqual([["10.0.0.5:80"], ["10.0.0.6:80"], ["10.0.0.6:80"]]);
});

test("takes every answer of a server that says no index", async () => {
  const consul = new Consul();
  consul.isIndexed = false;
  consul.instances = { shop: [instance("10.0.0.5")] };
  const { addresses, clock } = await start(consul, { services: ["shop"] });
  await until(() => addresses().length === 1);
  consul.instances["shop"] = [instance("10.0.0.6")];
  clock.advance(REFRESH_MS);
  await until(() => addresses().length === 2);
  expect(addresses().at(-1)).toEqual(["10.0.0.6:80"]);
  expect(consul.asked.at(-1)!.searchParams.has("index")).toBe(false);
});

test("keeps what it knows while Consul fails, backs off, and goes on when it is back", async () => {
  const consul = new Consul();
  consul.instances = { shop: [instance("10.0.0.5")] };
  const fixture = await start(consul, { services: ["shop"], refresh_interval: "1s" });
  const { addresses, clock, kit, port, found } = fixture;
  await until(() => addresses().length === 1);
  await waits(fixture, SHOP);
  const failsWith = async (text: string): Promise<void> => {
    const before = kit.lines.length;
    clock.advance(RETRY_MS);
    await until(() => kit.lines.length > before);
    expect(kit.lines.at(-1)).toContain("Error refreshing service");
    expect(kit.lines.at(-1)).toContain('"service": "shop"');
    expect(kit.lines.at(-1)).toContain(text);
  };
  consul.status = 403;
  consul.release();
  await failsWith("server returned HTTP status 403 Forbidden");
  const asked = consul.asked.length;
  clock.advance(RETRY_MS - 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(consul.asked).toHaveLength(asked);
  consul.status = 500;
  await failsWith("server returned HTTP status 500 Internal Server Error");
  consul.status = 200;
  consul.raw = "<html>";
  await failsWith("did not answer with JSON");
  consul.raw = '{"a":1}';
  await failsWith('expected a list at shop, got {\\"a\\":1}');
  consul.raw = '[{"Service":{"Port":"80"}}]';
  await failsWith("expected a whole number at Service.Port");
  consul.raw = undefined;
  await consul.close();
  await failsWith("");
  expect(found).toHaveLength(1);
  consul.index = 3n;
  consul.instances["shop"] = [instance("10.0.0.6")];
  await consul.listen(port);
  clock.advance(RETRY_MS);
  await until(() => addresses().length === 2);
  expect(addresses().at(-1)).toEqual(["10.0.0.6:80"]);
  expect(kit.reported).toEqual([]);
});

test("keeps the services while the catalog fails", async () => {
  const consul = new Consul();
  consul.services = { shop: [] };
  consul.instances = { shop: [instance("10.0.0.5")] };
  const fixture = await start(consul);
  const { addresses, kit, clock } = fixture;
  await until(() => addresses().length === 1);
  consul.mute = "/services";
  await waits(fixture, SHOP);
  clock.advance(134_999);
  expect(kit.lines).toEqual([]);
  clock.advance(1);
  await until(() => kit.lines.length === 2);
  expect(kit.lines[0]).toContain("Error refreshing service list");
  expect(kit.lines[0]).toContain("no answer within 135s");
  expect(addresses()).toEqual([["10.0.0.5:80"]]);
});

test("asks the agent for its datacenter until it says so", async () => {
  const consul = new Consul();
  consul.self = { Config: {} };
  consul.services = { shop: [] };
  consul.instances = { shop: [instance("10.0.0.5")] };
  const { clock, kit, found } = await start(consul);
  await until(() => kit.lines.length === 1);
  expect(kit.lines[0]).toContain("Error retrieving datacenter name");
  expect(kit.lines[0]).toContain("invalid value 'undefined' for Config.Datacenter");
  consul.self = { Config: { Datacenter: "west" } };
  clock.advance(RETRY_MS - 1);
  expect(consul.paths).toEqual(["/v1/agent/self"]);
  clock.advance(1);
  await until(() => found.length > 0);
  expect(found[0]![0]).toMatchObject({ __meta_consul_dc: "west" });
});

test("tells the first targets together, without those of a service that does not answer in time", async () => {
  const consul = new Consul();
  consul.services = { a: [], b: [], slow: [] };
  consul.instances = { a: [instance("10.0.0.1")], b: [instance("10.0.0.2")], slow: [instance("10.0.0.3")] };
  consul.mute = "/slow";
  const { addresses, clock, consul: server } = await start(consul);
  await until(() => server.paths.length === 5);
  // Until the answers of the others were read.
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(addresses()).toEqual([]);
  clock.advance(5_000);
  expect(addresses()).toEqual([["10.0.0.1:80", "10.0.0.2:80"]]);
});

test("stops while queries are held, silently and for good", async () => {
  const consul = new Consul();
  consul.services = { shop: [] };
  consul.instances = { shop: [instance("10.0.0.5")] };
  const fixture = await start(consul);
  const { addresses, source, clock, kit } = fixture;
  await until(() => addresses().length === 1);
  await waits(fixture, CATALOG, SHOP);
  await source.stop();
  await until(() => consul.held.length === 0);
  const asked = consul.asked.length;
  consul.change();
  clock.advance(10 * REFRESH_MS);
  expect(addresses()).toHaveLength(1);
  expect(consul.asked).toHaveLength(asked);
  expect(kit.lines).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("stops while it backs off", async () => {
  const consul = new Consul();
  consul.status = 500;
  const { source, kit, clock } = await start(consul);
  await until(() => kit.lines.length === 1);
  await source.stop();
  expect(clock.pending).toBe(0);
});

test("takes a server with its scheme and path, and a unix socket", async () => {
  const consul = new Consul();
  consul.instances = { shop: [instance("10.0.0.5")] };
  const port = await consul.listen();
  const named = startAt(consul, {
    server: `http://127.0.0.1:${port}/gate`,
    path_prefix: "/not-this",
    services: ["shop"],
  });
  await until(() => named.found.length > 0);
  expect(consul.paths).toEqual(["/gate/v1/agent/self", `/gate${SHOP}`]);
  await named.source.stop();
  await consul.close();

  const directory = mkdtempSync(join(tmpdir(), "clew-consul-"));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  await consul.listen(join(directory, "consul.sock"));
  const local = startAt(consul, { server: `unix://${directory}/consul.sock`, token: "t", services: ["shop"] });
  await until(() => local.found.length > 0);
  expect(consul.headers["x-consul-token"]).toBe("t");
});

test("has Prometheus's defaults and refuses what Prometheus refuses", () => {
  expect(read({})).toMatchObject({
    server: "localhost:8500",
    scheme: "http",
    tag_separator: ",",
    allow_stale: true,
    refresh_interval: 30_000,
    services: [],
    tags: [],
    node_meta: {},
    follow_redirects: true,
  });
  const basic_auth = { username: "u", password: "p" };
  expect(problemsOf({ server: " " })).toEqual(["consul SD configuration requires a server address"]);
  expect(problemsOf({ server: "ftp://a" })).toEqual(["Unknown protocol scheme: ftp"]);
  expect(problemsOf({ refresh_interval: "0s" })).toEqual(["refresh_interval must be greater than 0"]);
  expect(problemsOf({ username: "u", basic_auth })).toEqual([
    "at most one of consul SD configuration username and password and basic auth can be configured",
  ]);
  expect(problemsOf({ token: "t", authorization: { credentials: "c" } })).toEqual([
    "at most one of consul SD token, authorization, or oauth2 can be configured",
  ]);
  expect(problemsOf({ username: "u", bearer_token: "t" })).toEqual([
    "at most one of basic_auth, oauth2, authorization, bearer_token & bearer_token_file must be configured",
  ]);
  expect(problemsOf({ token: "t", basic_auth })).toEqual([]);
});
