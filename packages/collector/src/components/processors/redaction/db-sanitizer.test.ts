import { encode, payloadOf, PROTOCOLS, TelemetryView, valueFromBytes, type Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { attributesOf, logsOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { obfuscateJson } from "./obfuscate-json.ts";
import { obfuscateRedis } from "./obfuscate-redis.ts";
import { obfuscateSql } from "./obfuscate-sql.ts";
import { Redaction } from "./redaction.ts";

test.each([
  ["SELECT * FROM users WHERE id = 123", "SELECT * FROM users WHERE id = ?"],
  ["INSERT INTO t (a, b) VALUES ('it''s', -3.5e-2), (N'x', 0xFF)", "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)"],
  [
    "UPDATE users_2024 SET ok = TRUE, gone = null WHERE t1.id IN (1,2)",
    "UPDATE users_? SET ok = ?, gone = ? WHERE t?.id IN (?,?)",
  ],
  [`SELECT "col1", \`c2\` FROM [t3] WHERE a-1 > b + 2`, `SELECT "col?", \`c?\` FROM [t?] WHERE a-? > b + ?`],
  ["SELECT $1, :name, @p1, ? -- what 'is' 5\n/* keep */", "SELECT ?, :name, @p1, ? -- what 'is' 5\n/* keep */"],
  ["DO $$ secret $$; DO $func$ SELECT 'x' $func$", "DO ?; DO $func$ SELECT ? $func$"],
  ["SELECT 'never ends", "SELECT ?"],
  [String.raw`SELECT 'a\'b', 2`, "SELECT ?, ?"],
])("%s has its literals taken out", (query, expected) => {
  expect(obfuscateSql(query)).toBe(expected);
});

test("double quotes hold text where the system has it so", () => {
  expect(obfuscateSql('SELECT "secret"', true)).toBe("SELECT ?");
});

test("a long query takes time in proportion to its length", () => {
  const query = `SELECT ${"'".repeat(200_000)}`;
  expect(obfuscateSql(query)).toBe("SELECT ?");
  expect(obfuscateSql("(".repeat(200_000))).toHaveLength(200_000);
});

test.each([
  ["SET user:123 john", "SET user:123 ?"],
  ["GET user:123", "GET user:123"],
  ['set k "two words" EX 10', "set k ? EX 10"],
  ["AUTH name password", "AUTH ?"],
  ["HSET h f1 v1 f2 v2", "HSET h f1 ? f2 ?"],
  ["MSET a 1 b 2", "MSET a ? b ?"],
  ["ZADD z NX CH 1 one 2 two", "ZADD z NX CH 1 ? 2 ?"],
  ["SADD s a b c", "SADD s ? ? ?"],
  ["CONFIG SET requirepass secret", "CONFIG SET requirepass ?"],
  ["SET a 1\nGET a", "SET a ?\nGET a"],
  ["PING", "PING"],
])("%s keeps its keys and loses its values", (command, expected) => {
  expect(obfuscateRedis(command)).toBe(expected);
});

test.each([
  [
    '{"find":"users","filter":{"age":{"$gt":30},"in":[1,"a",{"b":true}]}}',
    '{"find":"?","filter":{"age":{"$gt":"?"},"in":["?","?",{"b":"?"}]}}',
  ],
  ['{"index":{"_id":1}}\n{"title":"secret"}', '{"index":{"_id":"?"}}\n{"title":"?"}'],
  ["/svc/{id}", "/svc/{id}"],
  ["{not json", "{not json"],
])("%s keeps its shape", (text, expected) => {
  expect(obfuscateJson(text)).toBe(expected);
});

function edited(db_sanitizer: object, payload: Payload) {
  const place = new Place("", []);
  const redaction = new Redaction(schema.read({ allow_all_keys: true, db_sanitizer }, place));
  expect(place.problems).toEqual([]);
  const view = new TelemetryView(payload);
  redaction.edit(view);
  const after = new TelemetryView(view.payload()!);
  return after.recordsOf(after.scopesOf(after.resources[0]!)[0]!)[0]!;
}

function span(name: string, attributes: Record<string, string>, kind = 3): Payload {
  const spans = [{ name, kind, attributes: attributesOf(attributes) }];
  return payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}

const SQL = { enabled: true, attributes: ["db.query.text"] };
const REDIS = { enabled: true, attributes: ["db.query.text"] };
const QUERY = "SELECT 1";

test("attributes are treated as their database says, and the span's name", () => {
  const config = { sql: SQL, redis: REDIS };
  const sql = edited(config, span(QUERY, { "db.system.name": "PostgreSQL", "db.query.text": QUERY, other: QUERY }));
  expect([sql.get("name"), Object.fromEntries(sql.attributes())]).toEqual([
    "SELECT ?",
    { "db.system.name": "PostgreSQL", "db.query.text": "SELECT ?", other: QUERY },
  ]);
  const redis = edited(config, span("SET a 1", { "db.system": "redis", "db.query.text": "SET a 1" }));
  expect([redis.get("name"), redis.attributes().get("db.query.text")]).toEqual(["SET a ?", "SET a ?"]);
  const producer = edited(config, span(QUERY, { "db.system": "mysql" }, 4));
  expect(producer.get("name")).toBe(QUERY);
  const off = edited({ ...config, sanitize_span_name: false }, span(QUERY, { "db.system": "mysql" }));
  expect(off.get("name")).toBe(QUERY);
});

test("without a database only a fallback treats them, with every kind in turn", () => {
  const payload = span("x", { "db.query.text": "SET user:123 john" });
  expect(edited({ sql: SQL, redis: REDIS }, payload).attributes().get("db.query.text")).toBe("SET user:123 john");
  const config = { sql: SQL, redis: REDIS, allow_fallback_without_system: true };
  expect(edited(config, payload).attributes().get("db.query.text")).toBe("SET user:? ?");
  expect(
    edited(config, span("x", { "db.system": "cassandra", "db.query.text": QUERY }))
      .attributes()
      .get("db.query.text"),
  ).toBe(QUERY);
});

test("bodies of logs lose values too; memcached's data goes", () => {
  const body = (config: object, text: string): unknown =>
    valueFromBytes(
      edited(config, logsOf([text]))
        .one("body")
        .bytes(),
    );
  expect(body({ sql: { enabled: true } }, "slow: SELECT 'x'")).toBe("slow: SELECT ?");
  expect(body({ memcached: { enabled: true } }, "set k 0 60 6\r\nsecret\r\n")).toBe("set k 0 60 6");
  expect(body({}, QUERY)).toBe(QUERY);
});
