import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@clew/base";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { consoleLogger } from "../telemetry/logger.ts";
import { alertmanagerAt, readAlerting } from "./alerting-config.ts";
import { AlertmanagerSet } from "./alertmanager-set.ts";

const directory = mkdtempSync(join(tmpdir(), "clew-alertmanagers-"));
const lines: string[] = [];
const logger = consoleLogger({ write: (line) => void lines.push(line), nowMs: () => 0, level: "info" });
let server: Server;
let address = "";
let requests: { method: string; url: string; authorization: string | undefined; body: string }[] = [];
let answer: (request: IncomingMessage) => { status: number; location?: string } | undefined;
const sets: AlertmanagerSet[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "" } = request;
      const { authorization } = request.headers;
      requests.push({ method, url, authorization, body: Buffer.concat(chunks).toString() });
      const answered = answer(request);
      if (answered === undefined) return;
      const { status, location } = answered;
      response.writeHead(status, location === undefined ? {} : { location }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await Promise.all(sets.splice(0).map(async (set) => (await set.stop(), set.close())));
  requests = [];
  lines.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

/** Resolves when so many changes were told. */
async function setOf(alertmanager: object, changes = 1): Promise<AlertmanagerSet> {
  const { alertmanagers } = readAlerting({ alertmanagers: [alertmanager] });
  const set = new AlertmanagerSet(alertmanagers[0]!, {
    clock: systemClock,
    logger,
    random: () => 0,
    report: (error) => void lines.push(String(error)),
  });
  sets.push(set);
  let left = changes;
  await new Promise<void>((resolve) => set.start(() => void (--left === 0 && resolve())));
  return set;
}

test("what every kind of discovery finds is one list, without doubles", async () => {
  const file = join(directory, "am.json");
  writeFileSync(file, JSON.stringify([{ targets: ["b:9093", "a:9093"], labels: { zone: "x" } }]));
  const set = await setOf({ static_configs: [{ targets: ["a:9093"] }], file_sd_configs: [{ files: [file] }] }, 2);
  expect([...set.active].sort()).toEqual(["http://a:9093/api/v2/alerts", "http://b:9093/api/v2/alerts"]);
  expect(set.dropped).toEqual([]);
});

test("relabelling drops some, and says where others are", async () => {
  const set = await setOf({
    scheme: "https",
    path_prefix: "am/",
    static_configs: [{ targets: ["a:1", "b:2", "c:3"], labels: { env: "prod" } }],
    relabel_configs: [
      { source_labels: ["__address__"], regex: "a:.*", action: "drop" },
      { source_labels: ["__address__", "env"], regex: "b:2;prod", target_label: "__scheme__", replacement: "http" },
      { source_labels: ["__address__"], regex: "b:2", target_label: "__alerts_path__", replacement: "/other" },
      { source_labels: ["__address__"], regex: "c:3", target_label: "__address__", replacement: "d/4" },
    ],
  });
  expect(set.active).toEqual(["http://b:2/other"]);
  expect(set.dropped).toEqual(["https://a:1/am/api/v2/alerts"]);
  expect(lines.join("")).toMatch(/Creating discovered Alertmanagers failed.*d\/4.* is not a valid hostname/);
});

test("who we are is told, and redirects are followed as they say", async () => {
  const set = await setOf({
    static_configs: [{ targets: [address] }],
    basic_auth: { username: "me", password: "secret!" },
    http_headers: { "x-scope": { values: ["a"] } },
  });
  answer = ({ url }) => (url === "/moved" ? { status: 202 } : { status: 307, location: "/moved" });
  expect(await set.post(set.active[0]!, [{ labels: {} }])).toEqual({ status: 202, statusText: "Accepted" });
  const authorization = `Basic ${Buffer.from("me:secret!").toString("base64")}`;
  const body = '[{"labels":{}}]';
  expect(requests).toEqual([
    { method: "POST", url: "/api/v2/alerts", authorization, body },
    { method: "POST", url: "/moved", authorization, body },
  ]);
  answer = ({ url }) => (url === "/seen" ? { status: 200 } : { status: 303, location: "/seen" });
  await set.post(set.active[0]!, []);
  expect(requests.at(-1)).toMatchObject({ method: "GET", url: "/seen", body: "" });
});

test("redirects are not followed where that is not wanted", async () => {
  const set = await setOf({ static_configs: [{ targets: [address] }], follow_redirects: false });
  answer = () => ({ status: 307, location: "/moved" });
  expect(await set.post(set.active[0]!, [])).toMatchObject({ status: 307 });
});

test("no answer in time is an error", async () => {
  const set = await setOf({ static_configs: [{ targets: [address] }], timeout: "50ms" });
  answer = () => undefined;
  await expect(set.post(set.active[0]!, [])).rejects.toThrow("no answer within 50 ms");
});

test("an address with a path, a user and a password says all of that", () => {
  expect(alertmanagerAt("https://me:s%21@am:9093/here/")).toMatchObject({
    scheme: "https",
    path_prefix: "/here/",
    static_configs: [{ targets: ["am:9093"] }],
    basic_auth: { username: "me", password: "s!" },
  });
});

test.each([
  [{ api_version: "v1" }, "expected Alertmanager api version to be one of [v2] but got v1"],
  [{ static_configs: [{ targets: ["http://a"] }] }, '"http://a" is not a valid hostname'],
  [{ eureka_sd_configs: [] }, "this service discovery is not supported"],
  [{ basic_auth: {}, oauth2: { client_id: "a", token_url: "b" } }, "at most one of basic_auth, oauth2"],
  [{ relabel_configs: [{ action: "hashmod", target_label: "a" }] }, "hashmod requires non-zero modulus"],
  [{ timeout: "soon" }, "soon"],
  [{ targets: [] }, "targets"],
])("%j is refused", (alertmanager, what) => {
  expect(() => readAlerting({ alertmanagers: [alertmanager] })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(what) as string }),
  );
});
