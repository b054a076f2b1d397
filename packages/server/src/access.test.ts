import { Hono } from "hono";
import { expect, test } from "vitest";
import { guard } from "./access.ts";

const app = new Hono();
app.use(guard({ token: "s3cret-tökn", loopback: false }));
app.get("/*", (context) => context.text("in"));

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return app.request(path, { headers });
}

test("without the token nobody gets in, but everybody learns how", async () => {
  const response = await get("/api/services");
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe('Bearer realm="clew"');
  expect(await response.text()).toContain("Authorization: Bearer TOKEN");
});

test.each(["x", "S3cret-tökn", "s3cret-t\u00f6kn ", "ÿÿÿÿÿÿÿÿÿÿÿ", ""])("the token %j is refused", async (token) => {
  expect((await get(`/?token=${encodeURIComponent(token)}`)).status).toBe(401);
});

test("the token in the address gets in, and leaves a cookie that does from then on", async () => {
  const first = await get(`/?token=${encodeURIComponent("s3cret-tökn")}`);
  expect(await first.text()).toBe("in");
  const cookie = first.headers.get("set-cookie") ?? "";
  expect(cookie).toContain("HttpOnly");
  expect(cookie).toContain("SameSite=Strict");
  expect((await get("/", { cookie: cookie.split(";")[0] ?? "" })).status).toBe(200);
});

test("the token as a bearer gets in", async () => {
  const plain = new Hono().use(guard({ token: "abc", loopback: false })).get("/", (context) => context.text("in"));
  expect((await plain.request("/", { headers: { authorization: "Bearer abc" } })).status).toBe(200);
  expect((await plain.request("/", { headers: { authorization: "Basic abc" } })).status).toBe(401);
});

test.each(["/live", "/ready"])("%s is open to everyone", async (path) => {
  expect((await get(path)).status).toBe(200);
});
