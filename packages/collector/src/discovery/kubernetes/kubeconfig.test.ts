import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { proxyServer } from "../../http-client/proxy-server.test-kit.ts";
import { CA, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from "../../net/tls.test-kit.ts";
import { KubeconfigAccess } from "./kubeconfig.ts";
import { folder, PODS, pod, setUp, type Fixture } from "./kubernetes-sd.test-kit.ts";

const V1 = "client.authentication.k8s.io/v1";
const V1BETA1 = "client.authentication.k8s.io/v1beta1";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly files?: Readonly<Record<string, string>>;
}

/** A kubeconfig of one context: its folder, and the file. */
function kubeconfig({ cluster = {}, user = {}, files = {} }: Parts): { directory: string; path: string } {
  const directory = folder({ "ca.pem": CA, ...files });
  const text = stringify({
    "current-context": "mine",
    contexts: [{ name: "mine", context: { cluster: "here", user: "me" } }],
    clusters: [{ name: "here", cluster }],
    users: [{ name: "me", user }],
  });
  const path = join(directory, "config");
  writeFileSync(path, text);
  return { directory, path };
}

const accessTo = (parts: Parts, env: Readonly<Record<string, string | undefined>> = process.env): KubeconfigAccess =>
  new KubeconfigAccess(kubeconfig(parts).path, () => 0, env);

const SERVER = { server: "https://127.0.0.1:6443", "certificate-authority": "ca.pem" };

async function withTls(): Promise<Fixture> {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  await fixture.api.stop();
  await fixture.api.start({ cert: SERVER_CERT, key: SERVER_KEY });
  return fixture;
}

test.each([
  [{ token: "t" }, "Bearer t"],
  [{ tokenFile: "token" }, "Bearer from-file"],
  [{ username: "u", password: "p" }, `Basic ${base64("u:p")}`],
])("%j says who we are", async (user, authorization) => {
  const fixture = await withTls();
  const cluster = { server: fixture.api.url, "certificate-authority-data": base64(CA) };
  const { path } = kubeconfig({ cluster, user, files: { token: "from-file\n" } });
  fixture.start({ role: "pod", kubeconfig_file: path });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  expect(fixture.api.requests[0]!.headers.authorization).toBe(authorization);
});

test("who we are is told to nobody without TLS", async () => {
  const fixture = await setUp({ [PODS]: [pod("a", "10.0.0.1")] });
  const { path } = kubeconfig({ cluster: { server: fixture.api.url }, user: { token: "t" } });
  fixture.start({ role: "pod", kubeconfig_file: path });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  expect(fixture.api.requests[0]!.headers).not.toHaveProperty("authorization");
});

test("a server's certificate may bear another name, or be taken as it is", async () => {
  const fixture = await withTls();
  const named = { server: fixture.api.url, "certificate-authority": "ca.pem", "tls-server-name": "localhost" };
  fixture.start({ role: "pod", kubeconfig_file: kubeconfig({ cluster: named }).path });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  const other = await withTls();
  const insecure = { server: other.api.url, "insecure-skip-tls-verify": true };
  other.start({ role: "pod", kubeconfig_file: kubeconfig({ cluster: insecure }).path });
  expect(await other.nextAddresses()).toEqual(["10.0.0.1:80"]);
});

test("the API is reached through the cluster's proxy, or through that of the environment", async () => {
  const proxy = await proxyServer();
  onTestFinished(() => proxy.close());
  const fixture = await withTls();
  const cluster = { server: fixture.api.url, "certificate-authority": "ca.pem", "proxy-url": proxy.url };
  fixture.start({ role: "pod", kubeconfig_file: kubeconfig({ cluster }).path });
  expect(await fixture.nextAddresses()).toEqual(["10.0.0.1:80"]);
  expect(proxy.asked).toContain(`CONNECT 127.0.0.1:${fixture.api.port}`);
  expect((await accessTo({ cluster: SERVER }).access()).client).toMatchObject({ proxy_from_environment: true });
});

const answering = (answer: object): Readonly<Record<string, string>> => ({
  "login.sh": `#!/bin/sh\nprintf '%s' "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/asked"\nprintf '%s' '${JSON.stringify(answer)}'\n`,
});

test.each([V1, V1BETA1])(
  "a program that speaks %s may give a certificate, and is told of the cluster",
  async (apiVersion) => {
    const status = { clientCertificateData: CLIENT_CERT, clientKeyData: CLIENT_KEY };
    const exec = { apiVersion, command: "./login.sh", interactiveMode: "IfAvailable", provideClusterInfo: true };
    const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "x" } }];
    const { directory, path } = kubeconfig({
      cluster: { ...SERVER, extensions },
      user: { exec },
      files: answering({ kind: "ExecCredential", apiVersion, status }),
    });
    const { client } = await new KubeconfigAccess(path, () => 0, process.env).access();
    expect(client.tls_config).toMatchObject({ cert: CLIENT_CERT, key: CLIENT_KEY, ca_file: join(directory, "ca.pem") });
    expect(client.authorization).toBeUndefined();
    expect(JSON.parse(readFileSync(join(directory, "asked"), "utf8"))).toEqual({
      kind: "ExecCredential",
      apiVersion,
      spec: {
        interactive: false,
        cluster: { server: SERVER.server, "certificate-authority-data": base64(CA), config: { audience: "x" } },
      },
    });
  },
);

test("only the newer version must say whether it asks people", async () => {
  const exec = { apiVersion: V1BETA1, command: "./login.sh" };
  const files = answering({ kind: "ExecCredential", apiVersion: V1BETA1, status: { token: "t" } });
  const { client } = await accessTo({ cluster: SERVER, user: { exec }, files }).access();
  expect(client.authorization).toMatchObject({ type: "Bearer", credentials: "t" });
});

const exec = { apiVersion: V1, command: "./login.sh", interactiveMode: "Never" };

test.each<[Parts, string]>([
  [{ cluster: SERVER, user: { "auth-provider": { name: "gcp" } } }, 'no Auth Provider found for name "gcp"'],
  [{ cluster: {} }, 'invalid configuration: no server found for cluster "here"'],
  [
    { cluster: { ...SERVER, "proxy-url": "ftp://a" } },
    `invalid configuration: invalid 'proxy-url' "ftp://a" for cluster "here": unsupported scheme "ftp", must be http, https, or socks5`,
  ],
  [
    { cluster: SERVER, user: { token: "t", username: "u" } },
    "invalid configuration: more than one authentication method found for me; found [token basicAuth], only one is allowed",
  ],
  [
    { cluster: SERVER, user: { "client-certificate": "/no/cert", "as-groups": ["a"] } },
    "invalid configuration: [client-key-data or client-key must be specified for me to use the clientCert authentication method., " +
      "unable to read client-cert /no/cert for me due to open /no/cert: no such file or directory, " +
      "requesting uid, groups or user-extra for me without impersonating a user]",
  ],
  [
    { cluster: { ...SERVER, "insecure-skip-tls-verify": true } },
    "specifying a root certificates file with the insecure flag is not allowed",
  ],
  [
    { cluster: SERVER, user: { exec: { command: "" } } },
    "invalid configuration: [command must be specified for me to use exec authentication plugin, " +
      "apiVersion must be specified for me to use exec authentication plugin, " +
      "interactiveMode must be specified for me to use exec authentication plugin]",
  ],
  [
    { cluster: SERVER, user: { exec: { ...exec, interactiveMode: "Maybe" }, "auth-provider": {} } },
    "invalid configuration: [authProvider cannot be provided in combination with an exec plugin for me, " +
      'invalid interactiveMode for me: "Maybe"]',
  ],
  [{ cluster: SERVER, user: { exec: { ...exec, apiVersion: "v2" } } }, 'exec plugin: invalid apiVersion "v2"'],
  [
    { cluster: SERVER, user: { exec: { ...exec, interactiveMode: "Always" } } },
    "getting credentials: exec plugin cannot support interactive mode: standard input is not a terminal",
  ],
  [
    { cluster: SERVER, user: { exec: { ...exec, command: "no-such-program", installHint: "Install it." } } },
    "getting credentials: exec: executable no-such-program not found\n\nInstall it.",
  ],
  [
    { cluster: SERVER, user: { exec }, files: { "login.sh": "#!/bin/sh\nexit 3\n" } },
    "login.sh failed with exit code 3",
  ],
  [
    { cluster: SERVER, user: { exec }, files: answering({ kind: "ExecCredential", apiVersion: V1BETA1 }) },
    `exec plugin is configured to use API version ${V1}, plugin returned version ${V1BETA1}`,
  ],
  [
    { cluster: SERVER, user: { exec }, files: answering({ kind: "ExecCredential", apiVersion: V1 }) },
    "exec plugin didn't return a status field",
  ],
  [
    { cluster: SERVER, user: { exec }, files: answering({ kind: "ExecCredential", apiVersion: V1, status: {} }) },
    "exec plugin didn't return a token or cert/key pair",
  ],
  [
    {
      cluster: SERVER,
      user: { exec },
      files: answering({ kind: "ExecCredential", apiVersion: V1, status: { clientKeyData: "k" } }),
    },
    "exec plugin returned only certificate or key, not both",
  ],
  [{ cluster: SERVER, user: { exec }, files: { "login.sh": "#!/bin/sh\necho hello\n" } }, "decoding stdout: "],
])("%j is refused as client-go does", async (parts, what) => {
  await expect(accessTo(parts).access()).rejects.toThrow(what);
});

test("a context that is not there is missed", async () => {
  const directory = folder({ config: "current-context: gone\n" });
  const access = new KubeconfigAccess(join(directory, "config"), () => 0, {});
  await expect(access.access()).rejects.toThrow(
    "invalid configuration: [context was not found for specified context: gone, cluster has no server defined]",
  );
  writeFileSync(join(directory, "config"), "{}");
  await expect(access.access()).rejects.toThrow(
    "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable",
  );
});
