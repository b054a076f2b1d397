import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  decode,
  payloadBytes,
  PROTOCOLS,
  type KeyValueObject,
  type MetricObject,
  type MetricsObject,
  type Payload,
} from "@clew/otlp";
import { describe, expect, onTestFinished, test } from "vitest";
import { ManualClock, until } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { HostMetricsReceiver } from "./host-metrics.ts";

const NOW_MS = 1_700_000_100_000;
const BOOT_S = 1_700_000_000;

/** A root of a Linux host with these files under `/proc`. */
function hostRoot(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "clew-host-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries({ stat: `btime ${BOOT_S}\n`, ...files }))
    write(join(root, "proc", name), text);
  return root;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

class Fixture {
  readonly clock = new ManualClock();
  readonly payloads: Payload[] = [];
  readonly kit = componentSettings("receiver", "host_metrics", this.clock);

  async start(config: object): Promise<void> {
    this.clock.advance(NOW_MS - 1_000);
    const place = new Place("", []);
    const read = schema.read(config, place);
    if (place.problems.length > 0) throw new Error(JSON.stringify(place.problems));
    const receiver = new HostMetricsReceiver(this.kit.settings, read, {
      metrics: { consume: (payload) => Promise.resolve(void this.payloads.push(payload)) },
    });
    onTestFinished(() => receiver.shutdown());
    await receiver.start();
  }

  /** What the next scrape finds. */
  async scrape(ms = 1_000): Promise<MetricsObject["resourceMetrics"]> {
    const before = this.payloads.length;
    this.clock.advance(ms);
    await until(() => this.payloads.length > before && this.clock.pending > 0);
    const payload = this.payloads.at(-1);
    if (payload === undefined) throw new Error("nothing came");
    return (decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject).resourceMetrics;
  }
}

/** Of one scraper over a root with `files`. */
async function scrape(
  scraper: string,
  files: Readonly<Record<string, string>>,
  settings: object = {},
): Promise<Record<string, MetricObject>> {
  const fixture = new Fixture();
  await fixture.start({ root_path: hostRoot(files), scrapers: { [scraper]: settings } });
  return byName(await fixture.scrape());
}

function byName(resources: MetricsObject["resourceMetrics"]): Record<string, MetricObject> {
  const metrics = resources.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
}

function plain(attributes: readonly KeyValueObject[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value?.stringValue ?? value?.intValue]));
}

/** Values by their attributes' values, joined. */
function values(metric: MetricObject | undefined): Record<string, number> {
  const points = (metric?.sum ?? metric?.gauge)?.dataPoints ?? [];
  return Object.fromEntries(
    points.map(({ attributes, asInt, asDouble }) => [
      Object.values(plain(attributes)).join(" "),
      Number(asInt ?? asDouble),
    ]),
  );
}

describe.skipIf(process.platform !== "linux")("on Linux", () => {
  test("cpu: time by state, the share of each since the last time, and counts", async () => {
    const root = hostRoot({ stat: `cpu  0\ncpu0 100 200 300 400 500 600 700 800 0 0\nbtime ${BOOT_S}\n` });
    write(join(root, "proc/cpuinfo"), "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\ncpu MHz\t: 2000.5\n");
    const fixture = new Fixture();
    const enabled = { enabled: true };
    await fixture.start({
      root_path: root,
      scrapers: {
        cpu: {
          metrics: {
            "system.cpu.utilization": enabled,
            "system.cpu.physical.count": enabled,
            "system.cpu.frequency": enabled,
            "system.cpu.logical.count": { enabled: false },
          },
        },
      },
    });
    const first = await fixture.scrape();
    expect(first[0]).toMatchObject({
      schemaUrl: "https://opentelemetry.io/schemas/1.9.0",
      resource: { attributes: [] },
    });
    expect(first[0]?.scopeMetrics[0]?.scope?.name).toBe(
      "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver/internal/scraper/cpuscraper",
    );
    const metrics = byName(first);
    expect(Object.keys(metrics).sort()).toEqual([
      "system.cpu.frequency",
      "system.cpu.physical.count",
      "system.cpu.time",
    ]);
    expect(values(metrics["system.cpu.time"])).toEqual({
      "cpu0 user": 1,
      "cpu0 nice": 2,
      "cpu0 system": 3,
      "cpu0 idle": 4,
      "cpu0 wait": 5,
      "cpu0 interrupt": 6,
      "cpu0 softirq": 7,
      "cpu0 steal": 8,
    });
    expect(metrics["system.cpu.time"]).toMatchObject({
      unit: "s",
      sum: { isMonotonic: true, aggregationTemporality: 2 },
    });
    expect(metrics["system.cpu.time"]?.sum?.dataPoints[0]).toMatchObject({
      startTimeUnixNano: BigInt(BOOT_S) * 1_000_000_000n,
      timeUnixNano: BigInt(NOW_MS) * 1_000_000n,
    });
    expect(values(metrics["system.cpu.frequency"])).toEqual({ cpu0: 2_000_500_000 });
    write(join(root, "proc/stat"), `cpu0 175 200 300 425 500 600 700 800 0 0\nbtime ${BOOT_S}\n`);
    const second = byName(await fixture.scrape(60_000));
    expect(values(second["system.cpu.utilization"])).toMatchObject({ "cpu0 user": 0.75, "cpu0 idle": 0.25 });
  });

  test("disk: bytes, operations and times by device, filtered by name", async () => {
    const metrics = await scrape(
      "disk",
      { diskstats: "8 0 sda 10 1 20 30 40 2 50 60 3 70 80 0 0 0 0\n8 1 sda1 1 1 1 1 1 1 1 1 1 1 1\n" },
      { exclude: { devices: ["^sda\\d"], match_type: "regexp" } },
    );
    expect(values(metrics["system.disk.io"])).toEqual({ "sda read": 10_240, "sda write": 25_600 });
    expect(values(metrics["system.disk.operations"])).toEqual({ "sda read": 10, "sda write": 40 });
    expect(values(metrics["system.disk.operation_time"])).toEqual({ "sda read": 0.03, "sda write": 0.06 });
    expect(values(metrics["system.disk.merged"])).toEqual({ "sda read": 1, "sda write": 2 });
    expect(values(metrics["system.disk.io_time"])).toEqual({ sda: 0.07 });
    expect(values(metrics["system.disk.pending_operations"])).toEqual({ sda: 3 });
    expect(values(metrics["system.disk.weighted_io_time"])).toEqual({ sda: 0.08 });
  });

  test("filesystem: usage of what has a device, and of places that are named", async () => {
    const root = hostRoot({
      filesystems: "nodev\ttmpfs\n\text4\n",
      "1/mountinfo":
        "1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n2 1 0:1 / /a\\040b ro - ext4 /dev/sdb rw\n3 1 0:2 / /tmp rw - tmpfs tmpfs rw\n",
    });
    mkdirSync(join(root, "a b"));
    const fixture = new Fixture();
    await fixture.start({
      root_path: root,
      scrapers: { filesystem: { exclude_mount_points: { mount_points: ["/nowhere"], match_type: "strict" } } },
    });
    const metrics = byName(await fixture.scrape());
    const usage = values(metrics["system.filesystem.usage"]);
    expect(Object.keys(usage)).toEqual([
      "/dev/sda1 rw / ext4 used",
      "/dev/sda1 rw / ext4 free",
      "/dev/sda1 rw / ext4 reserved",
      "/dev/sdb ro /a b ext4 used",
      "/dev/sdb ro /a b ext4 free",
      "/dev/sdb ro /a b ext4 reserved",
    ]);
    expect(usage["/dev/sda1 rw / ext4 free"]).toBeGreaterThan(0);
  });

  test("load: averages, as they are", async () => {
    const metrics = await scrape("load", { loadavg: "0.50 1.25 2.00 1/100 4711\n" });
    expect(values(metrics["system.cpu.load_average.1m"])).toEqual({ "": 0.5 });
    expect(values(metrics["system.cpu.load_average.15m"])).toEqual({ "": 2 });
  });

  test("memory: usage by state, from what is available", async () => {
    const meminfo = Object.entries({
      MemTotal: 1_000,
      MemFree: 100,
      MemAvailable: 400,
      Buffers: 50,
      Cached: 200,
      SReclaimable: 30,
      SUnreclaim: 20,
    });
    const metrics = await scrape(
      "memory",
      { meminfo: meminfo.map(([name, kb]) => `${name}:   ${kb} kB\n`).join("") },
      { metrics: { "system.memory.utilization": { enabled: true } } },
    );
    expect(values(metrics["system.memory.usage"])).toEqual({
      used: 600 * 1_024,
      free: 100 * 1_024,
      buffered: 50 * 1_024,
      cached: 230 * 1_024,
      slab_reclaimable: 30 * 1_024,
      slab_unreclaimable: 20 * 1_024,
    });
    expect(values(metrics["system.memory.utilization"])).toMatchObject({ used: 0.6 });
  });

  test("network: interfaces and connections", async () => {
    const header = "Inter-|   Receive                    |  Transmit\n face |bytes packets errs drop\n";
    const metrics = await scrape(
      "network",
      {
        "1/net/dev": `${header}  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n    lo:9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n`,
        "1/net/tcp": "sl local rem st\n0: 0100007F:1F90 00000000:0000 0A\n1: 0100007F:1F90 0100007F:0001 01\n",
      },
      { include: { interfaces: ["eth0"], match_type: "strict" } },
    );
    expect(values(metrics["system.network.io"])).toEqual({ "eth0 receive": 1, "eth0 transmit": 5 });
    expect(values(metrics["system.network.packets"])).toEqual({ "eth0 receive": 2, "eth0 transmit": 6 });
    expect(values(metrics["system.network.errors"])).toEqual({ "eth0 receive": 3, "eth0 transmit": 7 });
    expect(values(metrics["system.network.dropped"])).toEqual({ "eth0 receive": 4, "eth0 transmit": 8 });
    const connections = values(metrics["system.network.connections"]);
    expect(connections).toMatchObject({ "tcp LISTEN": 1, "tcp ESTABLISHED": 1, "tcp TIME_WAIT": 0 });
    expect(Object.keys(connections)).toHaveLength(11);
  });

  test("paging, processes and system", async () => {
    const paging = await scrape("paging", {
      swaps: "Filename Type Size Used Priority\n/dev/sdc partition 100 25 -2\n",
      vmstat: "pswpin 1\npswpout 2\npgpgin 3\npgpgout 4\npgfault 10\npgmajfault 4\n",
    });
    expect(values(paging["system.paging.usage"])).toEqual({ "/dev/sdc used": 25_600, "/dev/sdc free": 76_800 });
    expect(values(paging["system.paging.faults"])).toEqual({ major: 4, minor: 6 });
    const processes = await scrape("processes", {
      stat: `btime ${BOOT_S}\nprocesses 99\nprocs_running 1\nprocs_blocked 0\n`,
      "1/stat": "1 (init) S 0",
      "2/stat": "2 (a) b) Z 1",
    });
    expect(values(processes["system.processes.count"])).toMatchObject({
      sleeping: 1,
      zombies: 1,
      running: 1,
      blocked: 0,
    });
    expect(values(processes["system.processes.created"])).toEqual({ "": 99 });
    const system = await scrape("system", { uptime: "12345.67 1.0\n" });
    expect(values(system["system.uptime"])).toEqual({ "": 12_345 });
  });

  test("process: a resource for each, with what is enabled of it", async () => {
    const stat = "7 (my app) S 1 7 7 0 -1 0 11 0 22 0 150 50 0 0 20 0 3 0 1000 4096000 10 0";
    const root = hostRoot({
      meminfo: "MemTotal: 1000 kB\n",
      "7/stat": `${stat}${" 0".repeat(16)} 25 0 0`,
      "7/status": "Name:\tmy app\nUid:\t1000\t1000\nSigQ:\t2/100\n",
      "7/cmdline": "/bin/app\0--flag\0",
      "7/cgroup": "0::/x.slice\n",
      "7/io": "syscr: 3\nsyscw: 4\nread_bytes: 100\nwrite_bytes: 200\n",
      "8/stat": "8 (other) S 1 8 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1000 0 0 0",
      "8/status": "Name:\tother\nUid:\t0\t0\n",
    });
    write(join(root, "etc/passwd"), "me:x:1000:1000::/home/me:/bin/sh\n");
    symlinkSync("/usr/bin/app", join(root, "proc/7/exe"));
    const fixture = new Fixture();
    await fixture.start({
      root_path: root,
      scrapers: {
        process: {
          include: { names: ["my app"], match_type: "strict" },
          metrics: { "process.threads": { enabled: true }, "process.paging.faults": { enabled: true } },
          resource_attributes: { "process.parent_pid": { enabled: false }, "process.cgroup": { enabled: true } },
        },
      },
    });
    const resources = await fixture.scrape();
    expect(resources).toHaveLength(1);
    expect(plain(resources[0]?.resource?.attributes ?? [])).toEqual({
      "process.pid": 7n,
      "process.executable.name": "my app",
      "process.executable.path": "/usr/bin/app",
      "process.command": "/bin/app",
      "process.command_line": "/bin/app --flag",
      "process.cgroup": "/x.slice",
      "process.owner": "me",
    });
    const metrics = byName(resources);
    expect(values(metrics["process.cpu.time"])).toEqual({ user: 1.5, system: 0.5, wait: 0.25 });
    expect(values(metrics["process.memory.usage"])).toEqual({ "": 40_960 });
    expect(values(metrics["process.memory.virtual"])).toEqual({ "": 4_096_000 });
    expect(values(metrics["process.disk.io"])).toEqual({ read: 100, write: 200 });
    expect(values(metrics["process.threads"])).toEqual({ "": 3 });
    expect(values(metrics["process.paging.faults"])).toEqual({ major: 22, minor: 11 });
    expect(metrics["process.cpu.time"]?.sum?.dataPoints[0]?.startTimeUnixNano).toBe(
      BigInt(BOOT_S + 10) * 1_000_000_000n,
    );
  });

  test("reads the host that it runs on", async () => {
    const fixture = new Fixture();
    const names = [
      "cpu",
      "disk",
      "filesystem",
      "load",
      "memory",
      "network",
      "paging",
      "process",
      "processes",
      "system",
    ];
    await fixture.start({
      scrapers: Object.fromEntries(
        names.map((name) => [name, name === "process" ? { mute_process_all_errors: true } : {}]),
      ),
    });
    const scopes = (await fixture.scrape()).flatMap(({ scopeMetrics }) => scopeMetrics.map(({ scope }) => scope?.name));
    for (const name of ["cpu", "load", "memory", "network", "process", "processes", "system"]) {
      expect(scopes.some((scope) => scope?.endsWith(`/${name}scraper`))).toBe(true);
    }
  });
});

test("a scraper that can read nothing is told, and the others go on", async () => {
  const fixture = new Fixture();
  const root = process.platform === "linux" ? { root_path: hostRoot({ uptime: "1 1\n" }) } : {};
  await fixture.start({ ...root, scrapers: { disk: {}, system: null } });
  expect(Object.keys(byName(await fixture.scrape()))).toEqual(["system.uptime"]);
  expect(fixture.kit.lines.join("\n")).toContain('Error scraping metrics\t{"scraper": "disk"');
});

test.each([
  [{}, "must specify at least one scraper when using host_metrics receiver"],
  [{ scrapers: { cpus: {} } }, "invalid scraper key: cpus"],
  [
    { scrapers: { cpu: { metrics: { "system.cpu.tiem": {} } } } },
    "'scrapers.cpu.metrics' has invalid keys: system.cpu.tiem",
  ],
  [{ scrapers: { cpu: { no_such: 1 } } }, "'scrapers.cpu' has invalid keys: no_such"],
  [{ scrapers: { load: {} }, collection_interval: "0s" }, '"collection_interval": requires positive value'],
])("%j is refused", (config, what) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map((problem) => problem.what)).toContain(what);
});
