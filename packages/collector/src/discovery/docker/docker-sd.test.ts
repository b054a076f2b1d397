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
import { dockerSd, dockerSource } from "./docker-sd.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const REFRESH_MS = 60_000;

/** Plays the Docker Engine API. */
class Engine {
  containers: unknown = [];
  networks: unknown = [];
  version: string | undefined = "1.47";
  /** Answers with this instead, where it is not 200; 0 answers nothing at all. */
  status = 200;
  /** Sent as it is. */
  raw: string | undefined;
  readonly urls: string[] = [];
  headers: IncomingHttpHeaders = {};
  #close: () => Promise<void> = () => Promise.resolve();

  async listen(at: string | number): Promise<number> {
    const server = createServer((request, response) => {
      this.urls.push(request.url ?? "");
      this.headers = request.headers;
      if (this.status !== 0) this.#answer(new URL(request.url ?? "", "http://engine").pathname, response);
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

  #answer(path: string, response: ServerResponse): void {
    if (this.status !== 200) {
      response.writeHead(this.status).end('{"message":"no"}');
    } else if (path === "/_ping") {
      response.writeHead(200, this.version === undefined ? {} : { "api-version": this.version }).end("OK");
    } else {
      const body = path.endsWith("/containers/json") ? this.containers : this.networks;
      response.writeHead(200, { "content-type": "application/json" }).end(this.raw ?? JSON.stringify(body));
    }
  }

  close(): Promise<void> {
    const close = this.#close;
    this.#close = () => Promise.resolve();
    return close();
  }
}

type Targets = Record<string, string>[];

interface Fixture {
  readonly clock: ManualClock;
  readonly kit: ComponentKit;
  readonly source: DiscoverySource;
  readonly found: Targets[];
  /** What is told after the next refresh. */
  readonly next: () => Promise<Targets>;
}

const read = (config: object): ReturnType<typeof dockerSd.read> => readWhole(dockerSd, config);

const problemsOf = (config: object): string[] => problemsIn(dockerSd, config);

function start(config: object): Fixture {
  const clock = new ManualClock();
  const kit = componentSettings("receiver", "prometheus", clock);
  const source = dockerSource(read(config), kit.settings);
  const found: Targets[] = [];
  source.start((targets) => found.push(targets.map((one) => Object.fromEntries(one))));
  cleanups.push(() => source.stop());
  return {
    clock,
    kit,
    source,
    found,
    next: async () => {
      const before = found.length;
      clock.advance(REFRESH_MS);
      await until(() => found.length > before);
      return found.at(-1)!;
    },
  };
}

async function startWith(engine: Engine, config: object = {}): Promise<Fixture & { readonly first: Targets }> {
  const port = await engine.listen(0);
  const fixture = start({ host: `tcp://127.0.0.1:${port}`, ...config });
  await until(() => fixture.found.length > 0);
  return { ...fixture, first: fixture.found[0]! };
}

const BRIDGE = { Id: "net1", Name: "bridge", Scope: "local", Internal: false, Ingress: false, Labels: {} };
const INSIDE = { Id: "net2", Name: "inside", Scope: "local", Internal: true, Ingress: true, Labels: { "a.b": "c" } };

const bridgeLabels = {
  __meta_docker_network_id: "net1",
  __meta_docker_network_name: "bridge",
  __meta_docker_network_scope: "local",
  __meta_docker_network_internal: "false",
  __meta_docker_network_ingress: "false",
};

function container(id: string, more: object = {}): object {
  return {
    Id: id,
    Names: [`/${id}`],
    HostConfig: { NetworkMode: "bridge" },
    NetworkSettings: { Networks: { bridge: { NetworkID: "net1", IPAddress: "172.17.0.2" } } },
    Ports: [],
    ...more,
  };
}

const addresses = (targets: Targets): (string | undefined)[] => targets.map((one) => one["__address__"]);

test("makes a target of each TCP port with all its labels, and asks an API that both sides speak", async () => {
  const engine = new Engine();
  engine.networks = [BRIDGE, INSIDE];
  engine.containers = [
    container("abc", {
      Image: "shop:1",
      ImageID: "sha256:12",
      Labels: { "com.docker.compose/service": "shop", "0": "zero", ü: "u" },
      Ports: [
        { IP: "0.0.0.0", PrivatePort: 8080, PublicPort: 18080, Type: "tcp" },
        { PrivatePort: 9090, Type: "tcp" },
        { PrivatePort: 53, Type: "udp" },
      ],
    }),
  ];
  const { first } = await startWith(engine);
  const common = {
    __meta_docker_container_id: "abc",
    __meta_docker_container_name: "/abc",
    __meta_docker_container_image: "shop:1",
    __meta_docker_container_image_id: "sha256:12",
    __meta_docker_container_network_mode: "bridge",
    __meta_docker_container_label_com_docker_compose_service: "shop",
    __meta_docker_container_label_0: "zero",
    __meta_docker_container_label__: "u",
    __meta_docker_network_ip: "172.17.0.2",
    ...bridgeLabels,
  };
  expect(first).toEqual([
    {
      ...common,
      __address__: "172.17.0.2:8080",
      __meta_docker_port_private: "8080",
      __meta_docker_port_public: "18080",
      __meta_docker_port_public_ip: "0.0.0.0",
    },
    { ...common, __address__: "172.17.0.2:9090", __meta_docker_port_private: "9090" },
  ]);
  expect(engine.urls).toEqual(["/_ping", "/v1.47/containers/json", "/v1.47/networks"]);
});

test("takes `port` where no TCP port is exposed, and the host's address in its network", async () => {
  const engine = new Engine();
  engine.networks = [BRIDGE];
  engine.containers = [
    container("plain", { Ports: [{ PrivatePort: 53, Type: "udp" }] }),
    container("host", {
      HostConfig: { NetworkMode: "host" },
      NetworkSettings: { Networks: { host: { NetworkID: "net9", IPAddress: "" } } },
    }),
    container("nameless", { Names: [] }),
    container("alone", { NetworkSettings: { Networks: {} }, HostConfig: { NetworkMode: "none" } }),
  ];
  const { first } = await startWith(engine, { port: 9100, host_networking_host: "here" });
  expect(first).toEqual([
    {
      __address__: "172.17.0.2:9100",
      __meta_docker_container_id: "plain",
      __meta_docker_container_name: "/plain",
      __meta_docker_container_network_mode: "bridge",
      __meta_docker_network_ip: "172.17.0.2",
      ...bridgeLabels,
    },
    {
      __address__: "here",
      __meta_docker_container_id: "host",
      __meta_docker_container_name: "/host",
      __meta_docker_container_network_mode: "host",
      __meta_docker_network_ip: "",
    },
  ]);
});

test("takes the first network by name, or each of them", async () => {
  const engine = new Engine();
  engine.networks = [BRIDGE, INSIDE];
  const Networks = {
    inside: { NetworkID: "net2", IPAddress: "10.0.0.2" },
    aaa: null,
    bridge: { NetworkID: "net1", IPAddress: "172.17.0.2" },
  };
  engine.containers = [container("two", { NetworkSettings: { Networks } })];
  const one = await startWith(engine);
  expect(one.first.map((target) => target["__meta_docker_network_name"])).toEqual(["bridge"]);
  await engine.close();
  const all = await startWith(engine, { match_first_network: false });
  expect(all.first.map((target) => [target["__address__"], target["__meta_docker_network_label_a_b"]])).toEqual([
    ["10.0.0.2:80", "c"],
    ["172.17.0.2:80", undefined],
  ]);
});

test("looks for the networks of a container without any in the one it borrows from, through several", async () => {
  const engine = new Engine();
  const borrows = (id: string, from: string): object =>
    container(id, {
      HostConfig: { NetworkMode: `container:${from}` },
      NetworkSettings: { Networks: {} },
      Ports: [{ PrivatePort: 1, Type: "tcp" }],
    });
  engine.containers = [
    borrows("a", "b"),
    borrows("b", "host"),
    container("host", { NetworkSettings: { Networks: { bridge: { NetworkID: "net1", IPAddress: "172.17.0.9" } } } }),
    borrows("gone", "nobody"),
    borrows("ring1", "ring2"),
    borrows("ring2", "ring1"),
  ];
  const { first } = await startWith(engine);
  expect(first.map((one) => [one["__meta_docker_container_id"], one["__address__"]])).toEqual([
    ["a", "172.17.0.9:1"],
    ["b", "172.17.0.9:1"],
    ["host", "172.17.0.9:80"],
  ]);
});

test("takes the IPv6 address of a network without IPv4", async () => {
  const engine = new Engine();
  const network = (IPAddress: string): object => ({ NetworkID: "net1", IPAddress, GlobalIPv6Address: "2001:db8::2" });
  engine.containers = [
    container("six", {
      NetworkSettings: { Networks: { bridge: network("") } },
      Ports: [{ IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" }],
    }),
    container("both", { NetworkSettings: { Networks: { bridge: network("172.17.0.3") } } }),
  ];
  const { first } = await startWith(engine);
  expect(
    first.map((one) => [one["__address__"], one["__meta_docker_network_ip"], one["__meta_docker_port_public_ip"]]),
  ).toEqual([
    ["[2001:db8::2]:80", "2001:db8::2", "::"],
    ["172.17.0.3:80", "172.17.0.3", undefined],
  ]);
});

test("asks over a unix socket, without the credentials that are for http and https", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-docker-"));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  const engine = new Engine();
  engine.containers = [container("abc")];
  await engine.listen(join(directory, "docker.sock"));
  const { found, kit } = start({
    host: `unix://${directory}/docker.sock`,
    basic_auth: { username: "u", password: "p" },
  });
  await until(() => found.length > 0);
  expect(addresses(found[0]!)).toEqual(["172.17.0.2:80"]);
  expect(engine.headers.authorization).toBeUndefined();
  expect(kit.lines).toEqual([]);
});

test("sends filters as Docker has them, and the client's settings to http", async () => {
  const engine = new Engine();
  const port = await engine.listen(0);
  const filters = [
    { name: "network", values: ["b", "a"] },
    { name: "label", values: ["x=1"] },
    { name: "network", values: ["c", "a"] },
    { name: "status", values: [] },
  ];
  const { found } = start({ host: `http://127.0.0.1:${port}/`, filters, authorization: { credentials: "t" } });
  await until(() => found.length > 0);
  const asked = new URL(
    engine.urls.find((url) => url.includes("containers"))!,
    "http://engine",
  ).searchParams;
  expect([...asked]).toEqual([["filters", '{"label":{"x=1":true},"network":{"a":true,"b":true,"c":true}}']]);
  expect(engine.urls.at(-1)).toBe("/v1.47/networks");
  expect(engine.headers.authorization).toBe("Bearer t");
});

test("asks without a version an engine whose version it does not know, and no newer one than it knows", async () => {
  const old = new Engine();
  old.version = "1.24";
  await startWith(old);
  expect(old.urls.filter((url) => url !== "/_ping")).toEqual(["/containers/json", "/networks"]);
  const silent = new Engine();
  silent.version = undefined;
  await startWith(silent);
  expect(silent.urls).toEqual(["/_ping", "/v1.55/containers/json", "/v1.55/networks"]);
  const newer = new Engine();
  newer.version = "1.99";
  await startWith(newer);
  expect(newer.urls).toEqual(["/_ping", "/v1.55/containers/json", "/v1.55/networks"]);
});

test("tells what has changed at the next refresh", async () => {
  const engine = new Engine();
  engine.containers = [container("a")];
  const { first, next } = await startWith(engine);
  expect(first.map((one) => one["__meta_docker_container_id"])).toEqual(["a"]);
  engine.containers = [container("b"), container("c")];
  expect((await next()).map((one) => one["__meta_docker_container_id"])).toEqual(["b", "c"]);
  engine.containers = [];
  expect(await next()).toEqual([]);
});

test("keeps what it knows while Docker fails, says why, and goes on when it is back", async () => {
  const engine = new Engine();
  engine.containers = [container("a")];
  const port = await engine.listen(0);
  const { found, clock, kit, next } = start({ host: `tcp://127.0.0.1:${port}` });
  await until(() => found.length > 0);
  const failsWith = async (text: string): Promise<void> => {
    const before = kit.lines.length;
    clock.advance(REFRESH_MS);
    await until(() => kit.lines.length > before);
    expect(kit.lines.at(-1)).toContain(text);
  };
  engine.status = 403;
  await failsWith("error while listing containers: server returned HTTP status 403 Forbidden");
  engine.status = 500;
  await failsWith("error while listing containers: server returned HTTP status 500 Internal Server Error");
  engine.status = 200;
  engine.raw = "<html>";
  await failsWith("did not answer with JSON");
  engine.raw = '{"message":"no"}';
  await failsWith("expected a list at /containers/json");
  engine.raw = '[{"Id":5}]';
  await failsWith("expected a string at Id, got 5");
  engine.raw = undefined;
  engine.networks = "none";
  await failsWith("error while computing network labels: expected a list at /networks");
  engine.networks = [];
  await engine.close();
  await failsWith("error while listing containers: ");
  expect(found).toHaveLength(1);
  await engine.listen(port);
  engine.containers = [container("b")];
  expect((await next()).map((one) => one["__meta_docker_container_id"])).toEqual(["b"]);
  expect(kit.reported).toEqual([]);
});

test("gives an answer up after refresh_interval", async () => {
  const engine = new Engine();
  const { clock, kit, found } = await startWith(engine, { refresh_interval: "10s" });
  engine.status = 0;
  clock.advance(10_000);
  const asked = engine.urls.length;
  await until(() => engine.urls.length > asked);
  clock.advance(9_999);
  expect(kit.lines).toEqual([]);
  clock.advance(1);
  await until(() => kit.lines.length > 0);
  expect(kit.lines[0]).toContain("no answer within 10s");
  expect(found).toHaveLength(1);
});

test("stops while an answer is awaited, silently and for good", async () => {
  const engine = new Engine();
  const { clock, kit, source, found } = await startWith(engine);
  engine.status = 0;
  clock.advance(REFRESH_MS);
  const asked = engine.urls.length;
  await until(() => engine.urls.length > asked);
  await source.stop();
  engine.status = 200;
  clock.advance(10 * REFRESH_MS);
  expect(found).toHaveLength(1);
  expect(kit.lines).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("has Prometheus's defaults and refuses what Prometheus refuses", () => {
  expect(read({ host: "unix:///var/run/docker.sock" })).toMatchObject({
    port: 80,
    filters: [],
    host_networking_host: "localhost",
    match_first_network: true,
    refresh_interval: 60_000,
    follow_redirects: true,
  });
  expect(problemsOf({})).toEqual(["host missing"]);
  expect(problemsOf({ host: "localhost:2375" })).toEqual(["unable to parse docker host `localhost:2375`"]);
  expect(problemsOf({ host: "ssh://me@there" })).toEqual(["unable to parse docker host `ssh://me@there`"]);
  expect(problemsOf({ host: "unix://" })).toEqual(["unable to parse docker host `unix://`"]);
  expect(problemsOf({ host: "tcp://a", refresh_interval: "0s" })).toEqual(["refresh_interval must be greater than 0"]);
  expect(problemsOf({ host: "tcp://a", bearer_token: "a", bearer_token_file: "b" })).toEqual([
    "at most one of bearer_token & bearer_token_file must be configured",
  ]);
});
