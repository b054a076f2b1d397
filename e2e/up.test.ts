/** `clew up` as a user meets it: what it prints, how soon it is ready, what it needs, what it keeps. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory } from "./running-clew.test-kit.ts";

const CLEW = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
const IDLE_LIMIT_BYTES = 300e6;
/** Other tests may hold the ports that these have by default. */
const PORT_FLAGS = ["--port", "--otlp-grpc-port", "--otlp-http-port", "--prometheus-port", "--metrics-port"];

const directory = temporaryDirectory();
afterAll(() => directory.remove());

interface Status {
  readonly dataDirectory: string;
  readonly store: { readonly enginePid: number };
}

test("prints where everything is, is ready, idles small, stops cleanly, and finds its data again", async () => {
  const first = await startClew(directory.path);
  try {
    expect((await fetch(`${first.ui}/ready`)).status).toBe(200);
    expect(first.output()).toContain(directory.path);
    expect(first.output()).toMatch(
      /export OTEL_SERVICE_NAME=\S+\n\s+export OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/localhost:\d+\n\s+export OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/,
    );
    const { store } = await getJson<Status>(`${first.ui}/api/clew/v1/status`);
    // What only the start needed goes in the first seconds.
    const resident = async (): Promise<number> => residentBytes(first.process.pid) + residentBytes(store.enginePid);
    await eventually(resident, (bytes) => bytes < IDLE_LIMIT_BYTES);
    await sendLog(first.otlpHttp, "kept over night");
    expect(await first.stop()).toBe(0);
    expect(existsSync(`/proc/${store.enginePid}`)).toBe(false);
  } finally {
    await first.stop();
  }

  const second = await startClew(directory.path);
  try {
    const found = await getJson<{ records: { bodyText: string }[] }>(
      `${second.ui}/api/clew/v1/logs?q=%22kept over night%22`,
    );
    expect(found.records.map(({ bodyText }) => bodyText)).toEqual(["kept over night"]);
  } finally {
    await second.stop();
  }
});

test("--memory leaves nothing behind", async () => {
  const before = new Set(readdirSync(tmpdir()));
  const clew = await startClew(directory.path, ["--memory"]);
  const { dataDirectory } = await getJson<Status>(`${clew.ui}/api/clew/v1/status`);
  await sendLog(clew.otlpHttp, "soon gone");
  await eventually(
    () => getJson<{ records: unknown[] }>(`${clew.ui}/api/clew/v1/logs?q=soon`),
    ({ records }) => records.length === 1,
  );
  expect(existsSync(dataDirectory)).toBe(true);
  await clew.stop();
  expect(existsSync(dataDirectory)).toBe(false);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("clew-engine-") && !before.has(name))).toEqual([]);
});

test("a directory that another clew uses is refused with that process's id", async () => {
  const clew = await startClew(directory.path);
  try {
    const { status, stderr } = up(["--data", directory.path, ...PORT_FLAGS.flatMap((flag) => [flag, "0"])]);
    expect(stderr).toContain("[STORE_IN_USE]");
    expect(stderr).toContain(`process ${clew.process.pid}`);
    expect(status).toBe(1);
  } finally {
    await clew.stop();
  }
});

test.each(["--port", "--otlp-grpc-port", "--otlp-http-port", "--prometheus-port"])(
  "a port that is taken is named with %s and its holder",
  async (flag) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const others = PORT_FLAGS.flatMap((other) => (other === flag ? [] : [other, "0"]));
      const holder = process.platform === "linux" ? `(process ${process.pid})` : "";
      const { status, stderr } = up(["--memory", flag, String(port), ...others]);
      expect(stderr).toContain(`[PORT_TAKEN] ${flag}: port ${port} is already in use`);
      expect(stderr).toContain(holder);
      expect(stderr).toContain(`choose another port with ${flag}`);
      expect(status).toBe(1);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  },
);

test("what does not belong on the command line is named", () => {
  expect(up(["--prot", "1"]).stderr).toContain("--prot");
  expect(up(["--port", "many"]).stderr).toContain("[USAGE] --port: expected a port");
});

function up(args: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [CLEW, "up", ...args], { encoding: "utf8", timeout: 30_000 });
}

function residentBytes(pid: number | undefined): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1_024;
}

async function sendLog(otlpHttp: string, text: string): Promise<void> {
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "e2e up" } }] };
  const logRecords = [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: text } }];
  const response = await fetch(`${otlpHttp}/v1/logs`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }),
  });
  expect(response.status).toBe(200);
}
