import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { runCollector } from "../../../collector.test-kit.ts";

/** What we write of pprof's `profile.proto`, read by another implementation. */
const { root } = protobuf.parse(`
syntax = "proto3";
message ValueType { int64 type = 1; int64 unit = 2; }
message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; }
message Line { uint64 function_id = 1; int64 line = 2; }
message Location { uint64 id = 1; repeated Line line = 4; }
message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; int64 filename = 4; int64 start_line = 5; }
message Profile {
  repeated ValueType sample_type = 1; repeated Sample sample = 2; repeated Location location = 4;
  repeated Function function = 5; repeated string string_table = 6; int64 duration_nanos = 10;
}`);

interface Profile {
  readonly sampleType: { type: number; unit: number }[];
  readonly sample: { locationId: number[]; value: number[] }[];
  readonly location: { id: number; line: { functionId: number }[] }[];
  readonly function: { id: number; name: number }[];
  readonly stringTable: string[];
}

function decoded(body: Uint8Array): Profile {
  const type = root.lookupType("Profile");
  return type.toObject(type.decode(gunzipSync(body)), { longs: Number, arrays: true, defaults: true }) as Profile;
}

/** The functions of which there are samples. */
function namesOf({ sample, location, function: functions, stringTable }: Profile): Set<string | undefined> {
  const ids = new Set(sample.flatMap(({ locationId }) => locationId));
  const called = new Set(location.filter(({ id }) => ids.has(id)).map(({ line }) => line[0]?.functionId));
  return new Set(functions.filter(({ id }) => called.has(id)).map(({ name }) => stringTable[name]));
}

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(settings = ""): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const running = await runCollector(
    `
extensions: { pprof: { endpoint: "127.0.0.1:0"${settings} } }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { nop: }
service:
  extensions: [pprof]
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [nop] } }
`,
  );
  const stop = (): Promise<void> => running.collector.shutdown();
  cleanUps.push(stop);
  return { url: `http://${running.at("extensions::pprof")}/debug/pprof`, stop };
}

function busyWork(untilMs: number): number {
  let sum = 0;
  while (Date.now() < untilMs) for (let i = 0; i < 10_000; i++) sum += Math.sqrt(i);
  return sum;
}

async function body(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

test("a CPU profile names the functions that were busy", async () => {
  const { url } = await start();
  const busy = setInterval(() => busyWork(Date.now() + 20), 1);
  onTestFinished(() => clearInterval(busy));
  // A machine that is busy with others may give the work none of a short profile.
  let profile = decoded(await body(`${url}/profile?seconds=0.3`));
  for (let i = 0; i < 10 && !namesOf(profile).has("busyWork"); i++)
    profile = decoded(await body(`${url}/profile?seconds=1`));
  const { sampleType, stringTable } = profile;
  expect(sampleType.map(({ type, unit }) => [stringTable[type], stringTable[unit]])).toEqual([
    ["samples", "count"],
    ["cpu", "nanoseconds"],
  ]);
  const names = namesOf(profile);
  expect(names).toContain("busyWork");
  expect(names).not.toContain("(idle)");
});

test("one is taken at a time, and not for ever", async () => {
  const { url, stop } = await start();
  const first = fetch(`${url}/profile?seconds=300`).catch(() => undefined);
  await expect.poll(async () => (await fetch(`${url}/profile?seconds=0.01`)).status).toBe(500);
  expect((await fetch(`${url}/profile?seconds=301`)).status).toBe(500);
  await stop();
  await first;
});

test("a heap profile tells what holds memory", async () => {
  const { url } = await start();
  const held = Array.from({ length: 200_000 }, (_unused, i) => ({ i }));
  const profile = decoded(await body(`${url}/heap`));
  expect(held).toHaveLength(200_000);
  expect(profile.sample.reduce((sum, { value }) => sum + value[0]!, 0)).toBeGreaterThan(0);
});

test("the index names what there is; seconds must make sense", async () => {
  const { url } = await start();
  expect(await (await fetch(`${url}/`)).text()).toContain("heap");
  expect((await fetch(`${url}/profile?seconds=soon`)).status).toBe(400);
});

test("save_to_file keeps a profile of the whole life", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-pprof-"));
  cleanUps.push(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "cpu.pprof");
  const { stop } = await start(`, save_to_file: "${file}"`);
  busyWork(Date.now() + 100);
  await stop();
  expect(namesOf(decoded(readFileSync(file)))).toContain("busyWork");
});
