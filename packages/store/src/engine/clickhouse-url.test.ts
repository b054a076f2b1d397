import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../running-store.test-kit.ts";
import { parseClickHouseUrl } from "./clickhouse-url.ts";

test("everything that a URL can say", () => {
  expect(parseClickHouseUrl("https://me:p%40ss@ch.example:9443/telemetry?cluster=prod&insert_quorum=2", {})).toEqual({
    url: "https://ch.example:9443",
    user: "me",
    password: "p@ss",
    database: "telemetry",
    cluster: "prod",
    tls: {},
    settings: { insert_quorum: "2" },
  });
});

test.each([
  ["http://host", "http://host:8123"],
  ["https://host", "https://host:8443"],
  ["http://host:80/db", "http://host"],
  ["https://host:443", "https://host"],
  ["http://[::1]", "http://[::1]:8123"],
])("%s means %s, and the user default with a database of our own", (text, url) => {
  expect(parseClickHouseUrl(text, {})).toMatchObject({ url, user: "default", password: "", cluster: undefined });
});

test("a password that the URL does not have comes from CLICKHOUSE_PASSWORD, and the URL's goes before", () => {
  const env = { CLICKHOUSE_PASSWORD: "of the environment" };
  expect(parseClickHouseUrl("http://me@host", env).password).toBe("of the environment");
  expect(parseClickHouseUrl("http://me:own@host", env).password).toBe("own");
});

test("certificates are read from the files that it names", () => {
  const directory = temporaryDirectory();
  const { path } = directory;
  for (const name of ["ca", "cert", "key"]) writeFileSync(join(path, name), name);
  const { tls, settings } = parseClickHouseUrl(
    `https://host?tls_ca=${path}/ca&tls_cert=${path}/cert&tls_key=${path}/key`,
    {},
  );
  expect(Object.entries(tls).map(([name, bytes]) => [name, String(bytes)])).toEqual([
    ["ca", "ca"],
    ["cert", "cert"],
    ["key", "key"],
  ]);
  expect(settings).toEqual({});
  directory.remove();
});

test.each([
  ["no URL", "localhost:8123", "expected http"],
  ["another protocol", "tcp://me:secret@host", "expected http"],
  ["a database that is no name", "http://host/a-b", "the database can't be called"],
  ["a cluster that is no name", "http://host/db?cluster=a%27b", "the cluster can't be called"],
  ["a setting that is no name", "http://host/db?a-b=1", "a setting can't be called"],
  ["a certificate that is not there", "https://host?tls_ca=/no/such/file", "tls_ca"],
])("%s is refused, and no password is repeated", (_name, text, what) => {
  const parse = (): unknown => parseClickHouseUrl(text, {});
  expect(parse).toThrow(
    expect.objectContaining({ code: "CLICKHOUSE_URL_INVALID", what: expect.stringContaining(what) }),
  );
  expect(parse).toThrow(expect.not.objectContaining({ what: expect.stringContaining("secret") }));
});
