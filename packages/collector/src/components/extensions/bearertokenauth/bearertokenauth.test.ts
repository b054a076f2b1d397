import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ManualClock, until } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { Bearertokenauth } from "./bearertokenauth.ts";
import { schema } from "./config.ts";

async function started(config: object, clock = new ManualClock()) {
  const place = new Place("", []);
  const kit = componentSettings("extension", "bearertokenauth", clock);
  const extension = new Bearertokenauth(kit.settings, schema.read(config, place));
  expect(place.problems).toEqual([]);
  await extension.start();
  return { extension, clock, ...kit };
}

const bearing = (value: string): Map<string, string[]> => new Map([["authorization", [value]]]);

test("takes any of its tokens, and sends the first", async () => {
  const { extension } = await started({ tokens: ["one", "two"] });
  const { serverAuthenticator, clientAuthenticator } = extension;
  await serverAuthenticator.authenticate(bearing("Bearer two"));
  await expect(serverAuthenticator.authenticate(bearing("Bearer three"))).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    what: "scheme or token does not match",
  });
  await expect(serverAuthenticator.authenticate(new Map())).rejects.toMatchObject({
    what: "missing or empty authorization header: Authorization",
  });
  expect(await clientAuthenticator.headers()).toEqual({ authorization: "Bearer one" });
});

test("another header and no scheme", async () => {
  const { extension } = await started({ token: "t", header: "X-Key", scheme: "" });
  await extension.serverAuthenticator.authenticate(new Map([["x-key", ["t"]]]));
  expect(await extension.clientAuthenticator.headers()).toEqual({ "x-key": "t" });
});

test("a file of tokens counts, also once it has changed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-token-"));
  const filename = join(directory, "token");
  writeFileSync(filename, "one\n");
  const { extension, clock, lines } = await started({ filename });
  expect(await extension.clientAuthenticator.headers()).toEqual({ authorization: "Bearer one" });
  writeFileSync(filename, "two\n");
  const before = lines.length;
  clock.advance(5_000);
  await until(() => lines.length > before);
  expect(await extension.clientAuthenticator.headers()).toEqual({ authorization: "Bearer two" });
  rmSync(directory, { recursive: true });
  await expect(started({ filename })).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
