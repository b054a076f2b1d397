import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import md5 from "apache-md5";
import { hashSync } from "bcryptjs";
import { expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { Basicauth } from "./basicauth.ts";
import { schema } from "./config.ts";

async function started(config: object): Promise<Basicauth> {
  const place = new Place("", []);
  const extension = new Basicauth(componentSettings("extension", "basicauth").settings, schema.read(config, place));
  expect(place.problems).toEqual([]);
  await extension.start();
  return extension;
}

const basic = (text: string): Map<string, string[]> =>
  new Map([["authorization", [`Basic ${Buffer.from(text).toString("base64")}`]]]);

const USERS = `
sha:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=
ssha:
plain:password
`;

test.each(["sha", "plain", "ssha"])(
  "takes the right password of a user whose entry is %s, and no other",
  async (user) => {
    const { serverAuthenticator } = await started({ htpasswd: { inline: USERS.replace(/ssha:.*/, `ssha:${ssha()}`) } });
    expect(await serverAuthenticator?.authenticate(basic(`${user}:password`))).toMatchObject({ username: user });
    expect(await serverAuthenticator?.authenticate(basic(`${user}:password`))).toMatchObject({ username: user });
    await expect(serverAuthenticator?.authenticate(basic(`${user}:Password`))).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      what: "invalid credentials",
    });
  },
);

function ssha(): string {
  const salt = Buffer.from("salt");
  const digest = createHash("sha1").update("password").update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString("base64")}`;
}

test("takes bcrypt and Apache's MD5", async () => {
  const [bcrypted, md5ed] = [hashSync("password", 4), (md5 as unknown as (password: string) => string)("password")];
  const { serverAuthenticator } = await started({ htpasswd: { inline: `b:${bcrypted}\nm:${md5ed}` } });
  for (const user of ["b", "m"]) {
    expect(await serverAuthenticator?.authenticate(basic(`${user}:password`))).toMatchObject({ username: user });
    await expect(serverAuthenticator?.authenticate(basic(`${user}:wrong`))).rejects.toThrow("invalid credentials");
  }
});

test.each([
  [new Map(), "no basic auth provided"],
  [new Map([["authorization", ["Bearer x"]]]), "invalid authorization scheme prefix"],
  [new Map([["authorization", ["Basic eA=="]]]), "invalid authorization format"],
  [basic("nobody:password"), "invalid credentials"],
])("refuses %o", async (headers, what) => {
  const { serverAuthenticator } = await started({ htpasswd: { inline: "plain:password" } });
  await expect(serverAuthenticator?.authenticate(headers)).rejects.toMatchObject({ what });
});

test("sends what files say, also once it has changed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-basicauth-"));
  const file = join(directory, "password");
  writeFileSync(file, "one\n");
  const { clientAuthenticator } = await started({ client_auth: { username: "u", password_file: file } });
  expect(await clientAuthenticator?.headers()).toEqual({
    authorization: `Basic ${Buffer.from("u:one").toString("base64")}`,
  });
  writeFileSync(file, "two\n");
  expect(await clientAuthenticator?.headers()).toEqual({
    authorization: `Basic ${Buffer.from("u:two").toString("base64")}`,
  });
  rmSync(directory, { recursive: true });
  await expect(started({ htpasswd: { file } })).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
