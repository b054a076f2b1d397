import * as fc from "fast-check";
import { expect, test } from "vitest";
import { summarizeSql } from "./sql-summary.ts";

test.each([
  ["SELECT * FROM users WHERE id = 7", "SELECT * FROM users WHERE id = ?", "SELECT users"],
  ["select a, 'it''s' from t", "select a, ? from t", "SELECT t"],
  [
    "INSERT INTO orders (id, total) VALUES (1, -2.5e3)",
    "INSERT INTO orders (id, total) VALUES (?, ?)",
    "INSERT orders",
  ],
  ["UPDATE t1 SET a = 0xFF WHERE b IN (1,2)", "UPDATE t1 SET a = ? WHERE b IN (?,?)", "UPDATE t1"],
  ["DELETE FROM public.users", "DELETE FROM public.users", "DELETE public.users"],
  ['SELECT "my col" FROM "My Table"', 'SELECT "my col" FROM "My Table"', 'SELECT "My Table"'],
  ["SELECT * FROM a JOIN b ON a.id = b.id", "SELECT * FROM a JOIN b ON a.id = b.id", "SELECT a b"],
  ["WITH x AS (SELECT 1) SELECT * FROM x", "WITH x AS (SELECT ?) SELECT * FROM x", "SELECT x"],
  ["SELECT $1::text, $2 FROM t -- secret", "SELECT $1::text, $2 FROM t", "SELECT t"],
  ["SELECT $tag$secret$tag$ FROM t", "SELECT ? FROM t", "SELECT t"],
  ["/* secret */ SELECT 1", "SELECT ?", "SELECT"],
  ["CREATE TABLE IF NOT EXISTS t (a int)", "CREATE TABLE IF NOT EXISTS t (a int)", "CREATE t"],
  ["BEGIN", "BEGIN", "BEGIN"],
  ["SELECT 'never closed", "SELECT ?", "SELECT"],
  ["", "", ""],
])("%s", (statement, text, summary) => {
  expect(summarizeSql(statement)).toMatchObject({ text, summary });
});

test("what MySQL has in double quotes is a literal, and its backslashes escape", () => {
  const statement = String.raw`SELECT "a\"secret", 'b\'secret', \`name\` FROM \`t\``;
  expect(summarizeSql(statement.replaceAll("\\`", "`"), "mysql").text).toBe("SELECT ?, ?, `name` FROM `t`");
});

test("a backslash in a string of SQL is a character, but in E''", () => {
  expect(summarizeSql(String.raw`SELECT 'a\', 'secret', E'b\'secret'`).text).toBe("SELECT ?, ?, ?");
});

test("no literal is told, whatever is in it", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), (word, number) => {
      const literal = `'${word.replaceAll("'", "''")}'`;
      expect(summarizeSql(`SELECT * FROM t WHERE a = ${literal} AND b = ${number}`).text).toBe(
        "SELECT * FROM t WHERE a = ? AND b = ?",
      );
    }),
  );
});

test("never fails, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (statement) => summarizeSql(statement).summary.length <= 255));
});
