/** The UI's files over HTTP, and which host names are welcome. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../store/src/running-store.test-kit.ts";
import { startServer, type RunningServer } from "./running-server.test-kit.ts";

const directory = temporaryDirectory();
const uiDirectory = join(directory.path, "ui");

let server: RunningServer;

beforeAll(async () => {
  mkdirSync(join(uiDirectory, "assets"), { recursive: true });
  writeFileSync(join(uiDirectory, "index.html"), "<title>the page</title>");
  writeFileSync(join(uiDirectory, "favicon.svg"), "<svg/>");
  writeFileSync(join(uiDirectory, "assets", "app-1a2b.js"), "run()");
  writeFileSync(join(directory.path, "outside.txt"), "secret");
  server = await startServer(uiDirectory);
});

afterAll(async () => {
  await server.stop();
  directory.remove();
});

describe("the UI", () => {
  test.each(["/", "/traces", "/trace/0af7?span=1", "/index.php"])(
    "%s is the page, never cached and with a policy",
    async (path) => {
      const response = await fetch(server.url + path);
      expect(await response.text()).toBe("<title>the page</title>");
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    },
  );

  test("assets are kept for good, and those that are gone are not the page", async () => {
    const found = await fetch(`${server.url}/assets/app-1a2b.js`);
    expect([await found.text(), found.headers.get("cache-control")]).toEqual([
      "run()",
      "public, max-age=31536000, immutable",
    ]);
    expect((await fetch(`${server.url}/assets/gone.js`)).status).toBe(404);
    expect(await (await fetch(`${server.url}/favicon.svg`)).text()).toBe("<svg/>");
  });

  test("an address below /api that nobody serves is 404", async () => {
    expect((await fetch(`${server.url}/api/nothing`)).status).toBe(404);
  });

  test.each(["/../outside.txt", "/..%2foutside.txt", "/assets/..%2f..%2foutside.txt", "/%2e%2e/outside.txt"])(
    "%s does not lead out of the directory",
    async (path) => {
      expect(readFileSync(join(directory.path, "outside.txt"), "utf8")).toBe("secret");
      expect((await raw(path)).text).not.toContain("secret");
    },
  );

  test("the server says when it lives and is ready", async () => {
    expect(await raw("/live")).toEqual({ status: 200, text: "ok\n" });
    expect(await raw("/ready")).toEqual({
      status: 200,
      text: expect.stringMatching(/^ready \(embedded ClickHouse \d+\.\d+/),
    });
  });
});

describe("on loopback", () => {
  test.each(["evil.example", "evil.example:16686", "127.0.0.1.evil.example", "localhost.evil.example"])(
    "the host %s is refused",
    async (host) => {
      expect((await raw("/api/services", { host })).status).toBe(403);
    },
  );

  test.each(["localhost", "localhost:16686", "127.0.0.1:1", "[::1]:16686", "clew.localhost"])(
    "the host %s is welcome",
    async (host) => {
      expect((await raw("/api/services", { host })).status).toBe(200);
    },
  );
});

/** A request whose path and headers are sent as they stand. */
function raw(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; text: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => resolve({ status: response.statusCode, text: body }));
    });
    sent.on("error", reject).end();
  });
}

test("where the UI is not built, the page says how to build it", async () => {
  const bare = await startServer();
  const response = await fetch(`${bare.url}/traces`);
  expect(await response.text()).toContain("npm run build");
  await bare.stop();
});
