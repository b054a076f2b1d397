/** Exports that go wrong: a real server over HTTP that answers as it is told. */
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Terminal } from "../terminal.ts";
import { runExport } from "./export-command.ts";

let directory: string;
let server: Server;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clew-export-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  server.closeAllConnections();
  server.close();
});

/** What it printed as errors. */
async function exportFrom(answer: RequestListener, file: string, stop = new AbortController()): Promise<string> {
  let errors = "";
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const terminal: Terminal = {
    out: () => {},
    error: (text) => void (errors += text),
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    env: {},
    stop: stop.signal,
    onReload: () => () => {},
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await runExport([file, "--signal", "traces", "--url", url, "--token", "t"], terminal);
  return errors;
}

test("an answer that breaks off leaves the file as it was before", async () => {
  const file = join(directory, "traces.jsonl");
  writeFileSync(file, "before");
  const breaksOff: RequestListener = (_request, response) => {
    response.writeHead(200);
    response.write("{}\n", () => response.destroy());
  };
  await expect(exportFrom(breaksOff, file)).rejects.toMatchObject({ code: "EXPORT_INCOMPLETE" });
  expect(readdirSync(directory)).toEqual(["traces.jsonl"]);
  expect(readFileSync(file, "utf8")).toBe("before");
});

test("what may be missing is told", async () => {
  const warns: RequestListener = (_request, response) =>
    response.writeHead(200, { warning: '199 clew "missing"' }).end();
  expect(await exportFrom(warns, join(directory, "traces.jsonl"))).toBe("traces: missing\n");
});

test("one that is stopped leaves no file", async () => {
  const stop = new AbortController();
  const hangs: RequestListener = (_request, response) => {
    response.writeHead(200);
    response.write("{}\n", () => stop.abort());
  };
  const file = join(directory, "traces.jsonl");
  await expect(exportFrom(hangs, file, stop)).rejects.toMatchObject({
    code: "EXPORT_INCOMPLETE",
    what: "it was stopped",
  });
  expect(existsSync(file)).toBe(false);
});

test.each([
  ["a page", 200, "text/html", "<html>", "CLEW_NOT_REACHED"],
  ["that a token is wanted", 401, "text/plain", "", "CLEW_NOT_REACHED"],
  ["that nothing is there", 404, "text/plain", "no", "CLEW_NOT_REACHED"],
  [
    "a refusal of Clew's",
    400,
    "application/json",
    '{"error":{"code":"QUERY_BAD_PARAMETER","message":"m"}}',
    "QUERY_BAD_PARAMETER",
  ],
])("who answers %s has nothing to export", async (_name, status, type, body, code) => {
  const file = join(directory, "traces.jsonl");
  const answer: RequestListener = (_request, response) =>
    response.writeHead(status, { "content-type": type }).end(body);
  await expect(exportFrom(answer, file)).rejects.toMatchObject({ code });
  expect(readdirSync(directory)).toEqual([]);
});
