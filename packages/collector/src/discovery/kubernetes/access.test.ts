import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../../collector.test-kit.ts";
import { CA, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from "../../net/tls.test-kit.ts";
import { reject } from "./kubernetes-api.test-kit.ts";
import { FIRST_DELAY_MS, PODS, folder, pod, setUp } from "./kubernetes-sd.test-kit.ts";

test("in a cluster the service account says who we are, and its token is read for each request", async () => {
  const fixture = await setUp();
  await fixture.api.stop();
  await fixture.api.start({ cert: SERVER_CERT, key: SERVER_KEY });
  const inShop = "/api/v1/namespaces/shop/pods";
  fixture.api.objects.set(inShop, [pod("a", "10.0.0.1")]);
  fixture.api.answer = ({ headers }, response) => {
    const isKnown = headers.authorization === "Bearer two";
    if (!isKnown) reject(response, 401, "Unauthorized");
    return !isKnown;
  };
  const serviceAccountDirectory = folder({ token: "one\n", "ca.crt": CA });
  const env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(fixture.api.port) };
  fixture.start({ role: "pod", namespaces: { own_namespace: true } }, { env, serviceAccountDirectory });
  await until(() => fixture.errors.length === 1);
  expect(fixture.errors[0]).toContain("could not determine the pod's namespace");
  writeFileSync(join(serviceAccountDirectory, "namespace"), "shop");
  await fixture.clock.pass(10_000);
  await until(() => fixture.errors.length === 2);
  expect(fixture.errors[1]).toContain('"error": "401 Unauthorized"');
  writeFileSync(join(serviceAccountDirectory, "token"), "two\n");
  await fixture.clock.pass(FIRST_DELAY_MS);
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
});

test("outside of a cluster the surroundings are missed, and nothing else happens", async () => {
  const fixture = await setUp();
  fixture.start({ role: "pod" }, { env: {}, serviceAccountDirectory: "/nowhere" });
  await until(() => fixture.errors.length === 1);
  expect(fixture.errors[0]).toContain("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined");
});

test("a kubeconfig says where the API is, whom to trust and who we are", async () => {
  const fixture = await setUp();
  await fixture.api.stop();
  await fixture.api.start({ cert: SERVER_CERT, key: SERVER_KEY });
  fixture.api.objects.set("/base/api/v1/pods", [pod("a", "10.0.0.1")]);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const directory = folder({
    "ca.pem": CA,
    config: `
apiVersion: v1
kind: Config
current-context: mine
contexts:
  - { name: other, context: { cluster: nowhere, user: nobody } }
  - { name: mine, context: { cluster: here, user: me } }
clusters:
  - name: here
    cluster: { server: "${fixture.api.url}/base/", certificate-authority: ca.pem }
users:
  - name: me
    user:
      token: secret
      client-certificate-data: ${base64(CLIENT_CERT)}
      client-key-data: ${base64(CLIENT_KEY)}
      as: someone
      as-groups: [a, b]
`,
  });
  fixture.start({ role: "pod", kubeconfig_file: join(directory, "config") });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  expect(fixture.api.requests[0]!.headers).toMatchObject({
    authorization: "Bearer secret",
    "impersonate-user": "someone",
    "impersonate-group": "a, b",
    "user-agent": "clew-collector",
  });
});

test("a kubeconfig's program is run once, and again when its credential has ended or is refused", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  await fixture.api.stop();
  await fixture.api.start({ cert: SERVER_CERT, key: SERVER_KEY });
  const directory = folder({
    count: "",
    "ca.pem": CA,
    "login.sh": `#!/bin/sh
printf x >> "$DIR/count"
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s-%s","expirationTimestamp":"1970-01-01T00:10:00Z"}}' "$1" "$(cat "$DIR/count")"
`,
  });
  writeFileSync(
    join(directory, "config"),
    `
current-context: mine
contexts: [{ name: mine, context: { cluster: here, user: me } }]
clusters: [{ name: here, cluster: { server: "${fixture.api.url}", certificate-authority: ca.pem } }]
users:
  - name: me
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        interactiveMode: Never
        command: ./login.sh
        args: [t]
        env: [{ name: DIR, value: "${directory}" }]
`,
  );
  const surroundings = { env: { PATH: process.env["PATH"] }, serviceAccountDirectory: "/nowhere" };
  fixture.start({ role: "pod", kubeconfig_file: join(directory, "config") }, surroundings);
  await fixture.next();
  const tokens = (): (string | undefined)[] => fixture.api.requests.map(({ headers }) => headers.authorization);
  await fixture.api.watch(PODS);
  expect(tokens()).toEqual(["Bearer t-x", "Bearer t-x"]);
  // The next is refused.
  fixture.api.answer = ({ headers }, response) => {
    const isRefused = headers.authorization === "Bearer t-x";
    if (isRefused) reject(response, 401, "Unauthorized");
    return isRefused;
  };
  await fixture.api.emit(PODS, "BOOKMARK", { metadata: {} });
  (await fixture.api.watch(PODS)).response.end();
  await fixture.clock.pass(FIRST_DELAY_MS);
  await until(() => tokens().includes("Bearer t-xx"));
  // Credentials are good for the first ten minutes.
  for (const [atMs, token] of [
    [300_000, "Bearer t-xx"],
    [610_000, "Bearer t-xxx"],
  ] as const) {
    await fixture.api.emit(PODS, "BOOKMARK", { metadata: {} });
    fixture.clock.advance(atMs - fixture.clock.nowMs());
    const before = fixture.api.requests.length;
    (await fixture.api.watch(PODS)).response.end();
    await until(() => fixture.api.requests.length > before);
    expect(tokens().at(-1)).toBe(token);
    await until(() => fixture.api.watches.length === 1);
  }
});

test("the API server is asked with the HTTP client's settings, and is followed where it points", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")], "/moved/api/v1/pods": [] });
  fixture.api.answer = ({ path, query }, response) => {
    if (!path.startsWith("/moved")) return false;
    response.writeHead(307, { location: `/api/v1/pods?${query.toString()}` }).end();
    return true;
  };
  fixture.start({
    role: "pod",
    api_server: `127.0.0.1:${fixture.api.port}/moved`,
    basic_auth: { username: "me", password: "secret" },
    http_headers: { "X-Scope": { values: ["a"] } },
  });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  expect(fixture.api.requests.slice(0, 2)).toMatchObject([
    { path: "/moved/api/v1/pods", headers: { authorization: basic, "x-scope": "a" } },
    { path: PODS, headers: { authorization: basic, "x-scope": "a" } },
  ]);
});

test("a token of OAuth is asked for once, and anew when it is refused", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  let made = 0;
  fixture.api.answer = ({ path, headers }, response) => {
    if (path === "/token") response.end(JSON.stringify({ access_token: `t${++made}`, token_type: "bearer" }));
    else if (headers.authorization === "Bearer t1") reject(response, 401, "Unauthorized");
    else return false;
    return true;
  };
  const oauth2 = { client_id: "me", client_secret: "s", token_url: `${fixture.api.url}/token` };
  fixture.start({ role: "pod", api_server: fixture.api.url, oauth2 });
  await fixture.clock.pass(FIRST_DELAY_MS);
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  await fixture.api.watch(PODS);
  expect(made).toBe(2);
});
