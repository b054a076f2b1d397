/** Disks that are full, that become read-only, that fail to sync: what arrives is refused or waits, what is stored stays. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { whileCallsFail, whyNoFailingCalls } from "../packages/store/src/damage/failing-calls.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";
import { makeSmallDisk, whyNoSmallDisk, type SmallDisk } from "./small-disk.test-kit.ts";

const CLEW = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
/** Enough for some requests, and less than what the engine wants to have for an insert. */
const LITTLE_BYTES = 300_000;
const SYNCS = "fsync,fdatasync";
const PORT_FLAGS = ["--port", "--otlp-grpc-port", "--otlp-http-port", "--prometheus-port", "--metrics-port"];

interface Status {
  readonly store: {
    readonly enginePid: number;
    readonly spoolBytes: number;
    readonly warnings: readonly string[];
  };
}

let clew: RunningClew | undefined;

afterEach(async () => {
  await clew?.stop();
  clew = undefined;
});

async function send(text: string): Promise<Response> {
  const logRecords = [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: text } }];
  const response = await fetch(`${clew?.otlpHttp}/v1/logs`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  });
  return response;
}

async function acknowledged(text: string): Promise<void> {
  const response = await send(text);
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
}

/** Refused in a way that tells a sender to come again. */
async function refused(text: string, why: RegExp): Promise<void> {
  const response = await send(text);
  expect(response.status).toBe(503);
  expect(await response.text()).toMatch(why);
}

async function found(): Promise<string[]> {
  const { records } = await getJson<{ records: { bodyText: string }[] }>(`${clew?.ui}/api/clew/v1/logs`);
  return records.map(({ bodyText }) => bodyText).toSorted();
}

async function eventuallyFound(...texts: readonly string[]): Promise<void> {
  const sorted = texts.toSorted();
  await eventually(found, (records) => JSON.stringify(records) === JSON.stringify(sorted));
}

function status(): Promise<Status> {
  return getJson<Status>(`${clew?.ui}/api/clew/v1/status`);
}

async function eventuallyWarned(what: string): Promise<void> {
  await eventually(status, ({ store }) => store.warnings.some((warning) => warning.includes(what)));
  expect(await (await fetch(`${clew?.ui}/ready`)).text()).toContain(what);
}

async function eventuallyAtEase(): Promise<void> {
  // That the disk is small stays true.
  const isTroubled = (warning: string): boolean => warning.startsWith("what arrives");
  await eventually(status, ({ store }) => store.spoolBytes === 0 && !store.warnings.some(isTroubled));
}

async function killed(): Promise<void> {
  const ended = new Promise((resolve) => clew?.process.once("exit", resolve));
  clew?.process.kill("SIGKILL");
  await ended;
}

const noDisk = whyNoSmallDisk();

describe.skipIf(noDisk !== undefined)(`on a small disk${noDisk === undefined ? "" : ` (${noDisk})`}`, () => {
  let disk: SmallDisk;
  let data: string;

  beforeEach(async () => {
    disk = makeSmallDisk();
    data = join(disk.path, "data");
    clew = await startClew(data);
    await acknowledged("stored before");
    await eventuallyFound("stored before");
  });
  afterEach(async () => {
    await clew?.stop();
    clew = undefined;
    disk.remove();
  });

  test("full when something is to be acknowledged: it is refused and that is told, until there is room again", async () => {
    disk.fill(0);
    await refused("x".repeat(20_000), /ENOSPC|no space/);
    await eventuallyWarned("what arrives can't be written to disk and is refused: ENOSPC");
    expect(await found()).toEqual(["stored before"]);
    disk.makeRoom();
    await acknowledged("stored after");
    await eventuallyFound("stored before", "stored after");
    await eventuallyAtEase();
  });

  test("full when something is to be stored: it waits, a kill included, and is stored once there is room", async () => {
    disk.fill(LITTLE_BYTES);
    await acknowledged("waits");
    await eventuallyWarned("what arrives is kept, but can't be stored yet");
    expect(await found()).toEqual(["stored before"]);
    disk.makeRoom();
    await eventuallyFound("stored before", "waits");
    await eventuallyAtEase();
    disk.fill(LITTLE_BYTES);
    await acknowledged("survives");
    await killed();
    disk.makeRoom();
    clew = await startClew(data);
    await eventuallyFound("stored before", "waits", "survives");
  });

  test("read-only all at once: what arrives is refused, what is stored can be read, and nothing acknowledged is lost", async () => {
    await acknowledged("acknowledged just before");
    disk.fail();
    await refused("too late", /read-only/);
    await eventuallyWarned("what arrives can't be written to disk and is refused: EROFS");
    expect(await found()).toContain("stored before");
    expect(await clew?.stop()).toBe(0);
    disk.repair("to write");
    clew = await startClew(data);
    await eventuallyFound("stored before", "acknowledged just before");
  });

  test("full when the engine dies: whether it can start again or not, all is there once there is room", async () => {
    await acknowledged("acknowledged just before");
    disk.fill(0);
    process.kill((await status()).store.enginePid, "SIGKILL");
    await eventually(
      () => Promise.resolve(clew?.output() ?? ""),
      (output) => /The engine (?:is back|did not start)/.test(output),
    );
    disk.makeRoom();
    await eventuallyFound("stored before", "acknowledged just before");
    await eventuallyAtEase();
  });

  test("full at the start: what is stored can be read, and what arrives is refused, until there is room", async () => {
    await clew?.stop();
    disk.fill(0);
    clew = await startClew(data);
    expect(await found()).toEqual(["stored before"]);
    await refused("x".repeat(20_000), /ENOSPC|no space/);
    disk.makeRoom();
    await acknowledged("stored after");
    await eventuallyFound("stored before", "stored after");
    await eventuallyAtEase();
  });

  test("read-only at the start: the program says so, and ends", async () => {
    await clew?.stop();
    disk.repair("to read only");
    const ports = PORT_FLAGS.flatMap((flag) => [flag, "0"]);
    const { status: code, stderr } = spawnSync(process.execPath, [CLEW, "up", "--data", data, ...ports], {
      encoding: "utf8",
      timeout: 30_000,
    });
    expect(stderr).toContain(`[STORE_DIRECTORY_UNUSABLE] ${data}: EROFS`);
    expect(code).toBe(1);
  });
});

const noFailing = whyNoFailingCalls();

describe.skipIf(noFailing !== undefined)(
  `where a sync fails${noFailing === undefined ? "" : ` (${noFailing})`}`,
  () => {
    const directory = temporaryDirectory();
    afterEach(() => directory.remove());

    test("the program's: what arrives is refused; the engine's: it waits; and afterwards all goes on by itself", async () => {
      clew = await startClew(directory.path);
      await acknowledged("stored before");
      await eventuallyFound("stored before");
      await whileCallsFail(clew.process.pid, SYNCS, async () => {
        await refused("refused", /EIO/);
        await eventuallyWarned("what arrives can't be written to disk and is refused: EIO");
      });
      await acknowledged("stored after");
      await eventuallyFound("stored before", "stored after");
      await whileCallsFail((await status()).store.enginePid, SYNCS, async () => {
        await acknowledged("waits");
        await eventuallyWarned("what arrives is kept, but can't be stored yet");
      });
      await eventuallyFound("stored before", "stored after", "waits");
      await eventuallyAtEase();
    });
  },
);
