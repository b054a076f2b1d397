/** Two collectors, one sending to the other: who may send, and what is known of them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runCollector, type RunningCollector } from "./collector.test-kit.ts";
import { CA, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from "./net/tls.test-kit.ts";
import { payloadBytes } from "@clew/otlp";
import { tracesOf } from "./otlp.test-kit.ts";

let directory = "";
const file = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "clew-tls-"));
  const files = { ca: CA, cert: SERVER_CERT, key: SERVER_KEY, "client.cert": CLIENT_CERT, "client.key": CLIENT_KEY };
  for (const [name, text] of Object.entries(files)) writeFileSync(file(name), text);
});
afterAll(() => rmSync(directory, { recursive: true }));

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const TELEMETRY = "telemetry: { metrics: { level: none } }";

async function receiver(settings: object, extensions: object = {}): Promise<RunningCollector> {
  const protocol = { endpoint: "127.0.0.1:0", ...settings };
  const running = await runCollector(`
extensions: ${JSON.stringify(extensions)}
receivers: { otlp: { protocols: { grpc: ${JSON.stringify(protocol)}, http: ${JSON.stringify(protocol)} } } }
exporters: { clew: }
service:
  extensions: ${JSON.stringify(Object.keys(extensions))}
  ${TELEMETRY}
  pipelines: { traces: { receivers: [otlp], exporters: [clew] } }
`);
  cleanUps.push(() => running.collector.shutdown());
  return running;
}

const PROTOCOLS = ["grpc", "http"] as const;
type Protocol = (typeof PROTOCOLS)[number];

/** Sends one span through an exporter; resolves to the status of its sender. */
async function send(
  to: RunningCollector,
  protocol: Protocol,
  settings: object,
  extensions: object = {},
): Promise<number> {
  const isTls = "tls" in settings && !("insecure" in (settings.tls as Record<string, unknown>));
  const address = to.at(protocol).replace("127.0.0.1", "localhost");
  const endpoint = protocol === "grpc" ? address : `${isTls ? "https" : "http"}://${address}`;
  const exporter = { endpoint, retry_on_failure: { enabled: false }, ...settings };
  const sender = await runCollector(`
extensions: ${JSON.stringify(extensions)}
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { otlp_${protocol}: ${JSON.stringify(exporter)} }
service:
  extensions: ${JSON.stringify(Object.keys(extensions))}
  ${TELEMETRY}
  pipelines: { traces: { receivers: [otlp], exporters: [otlp_${protocol}] } }
`);
  const response = await fetch(`http://${sender.at("http")}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: Buffer.from(payloadBytes(tracesOf(["a"]))),
  });
  await sender.collector.shutdown();
  return response.status;
}

const serverTls = (): object => ({ cert_file: file("cert"), key_file: file("key") });
const INSECURE = { tls: { insecure: true } };

test.each(PROTOCOLS)("over TLS with %s, certificates are checked", async (protocol) => {
  const running = await receiver({ tls: serverTls() });
  expect(await send(running, protocol, { tls: { ca_file: file("ca") } })).toBe(200);
  expect(await send(running, protocol, { tls: { ca_pem: CA } })).toBe(200);
  expect(await send(running, protocol, { tls: { insecure_skip_verify: true } })).toBe(200);
  expect(await send(running, protocol, { tls: {} })).toBe(503);
  expect(await send(running, protocol, { tls: { ca_file: file("ca"), server_name_override: "other" } })).toBe(503);
  expect(running.sink.items).toBe(3);
});

test.each(PROTOCOLS)(
  "with %s, clients without a certificate are not let in where one is asked for",
  async (protocol) => {
    const running = await receiver({ tls: { ...serverTls(), client_ca_file: file("ca"), min_version: "1.3" } });
    const known = { ca_file: file("ca"), cert_file: file("client.cert"), key_file: file("client.key") };
    expect(await send(running, protocol, { tls: known })).toBe(200);
    expect(await send(running, protocol, { tls: { ca_file: file("ca") } })).toBe(503);
    expect(await send(running, protocol, { tls: { ...known, max_version: "1.2" } })).toBe(503);
    expect(running.sink.items).toBe(1);
  },
);

test.each(PROTOCOLS)("with %s, an authenticator tells who may send, and components who did", async (protocol) => {
  const server = { basicauth: { htpasswd: { inline: "ann:secret" } } };
  const running = await receiver({ auth: { authenticator: "basicauth" }, include_metadata: true }, server);
  const as = (username: string, password: string): Promise<number> =>
    send(
      running,
      protocol,
      { ...INSECURE, auth: { authenticator: "basicauth" }, headers: { "X-Tenant": "blue" } },
      {
        basicauth: { client_auth: { username, password } },
      },
    );
  expect(await as("ann", "secret")).toBe(200);
  expect(await as("ann", "wrong")).toBe(500);
  expect(await send(running, protocol, INSECURE)).toBe(500);
  expect(running.sink.payloads).toHaveLength(1);
  const client = running.sink.payloads[0]?.client;
  expect(client?.auth).toMatchObject({ username: "ann" });
  expect(client?.metadata.get("x-tenant")).toEqual(["blue"]);
  expect(client?.address).toMatch(/^127\.0\.0\.1:\d+$/);
});

test("who may not send is told so with 401, in the request's encoding", async () => {
  const running = await receiver(
    { auth: { authenticator: "basicauth" } },
    { basicauth: { htpasswd: { inline: "a:b" } } },
  );
  const response = await fetch(`http://${running.at("http")}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect([response.status, await response.json()]).toEqual([401, { code: 16, message: "no basic auth provided" }]);
});

test("nothing is kept of clients where nobody asks", async () => {
  const running = await receiver({});
  expect(await send(running, "http", INSECURE)).toBe(200);
  expect(running.sink.payloads[0]?.client).toBeUndefined();
});

test("compressions that are not allowed are refused, and every answer bears the configured headers", async () => {
  const running = await runCollector(`
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0", compression_algorithms: [gzip], response_headers: { X-Served-By: clew } } } } }
exporters: { clew: }
service: { ${TELEMETRY}, pipelines: { traces: { receivers: [otlp], exporters: [clew] } } }
`);
  cleanUps.push(() => running.collector.shutdown());
  expect(await send(running, "http", INSECURE)).toBe(200);
  expect(await send(running, "http", { ...INSECURE, compression: "zstd" })).toBe(500);
  expect((await fetch(`http://${running.at("http")}/`)).headers.get("x-served-by")).toBe("clew");
});
