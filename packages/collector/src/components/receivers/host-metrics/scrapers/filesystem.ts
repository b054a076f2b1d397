import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { boolean, field, section } from "../../../../schema/schema.ts";
import { isIncluded, matching, type Matches } from "../match-config.ts";
import {
  gauge,
  SCHEMA_1_9,
  sumInt,
  type Host,
  type MetricDefinitions,
  type Recorder,
  type ScraperType,
} from "../metric.ts";
import { readProc, rowsOf } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.filesystem.inodes.usage": sumInt("{inodes}", "FileSystem inodes used."),
  "system.filesystem.usage": sumInt("By", "Filesystem bytes used."),
  "system.filesystem.utilization": gauge("1", "Fraction of filesystem bytes used.", false),
};

interface FilesystemConfig {
  readonly include_virtual_filesystems: boolean;
  readonly include_devices: Matches | undefined;
  readonly exclude_devices: Matches | undefined;
  readonly include_fs_types: Matches | undefined;
  readonly exclude_fs_types: Matches | undefined;
  readonly include_mount_points: Matches | undefined;
  readonly exclude_mount_points: Matches | undefined;
}

interface Mount {
  readonly device: string;
  readonly mountpoint: string;
  readonly type: string;
  readonly mode: string;
}

export const filesystemScraper: ScraperType<FilesystemConfig> = {
  name: "filesystem",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section<FilesystemConfig>({
    include_virtual_filesystems: field(boolean, false, "Whether filesystems without a device are reported too."),
    include_devices: field(matching("devices", "include_devices"), undefined, "Devices that are reported."),
    exclude_devices: field(matching("devices", "exclude_devices"), undefined, "Devices that are not."),
    include_fs_types: field(matching("fs_types", "include_fs_types"), undefined, "Types that are reported."),
    exclude_fs_types: field(matching("fs_types", "exclude_fs_types"), undefined, "Types that are not."),
    include_mount_points: field(
      matching("mount_points", "include_mount_points"),
      undefined,
      "Places that are reported.",
    ),
    exclude_mount_points: field(matching("mount_points", "exclude_mount_points"), undefined, "Places that are not."),
  }),
  create: (config, host) => ({
    async run(recorder) {
      const faults: unknown[] = [];
      for (const mount of await mountsOf(config, host)) {
        await recordMount(recorder, mount, host).catch((error: unknown) => faults.push(error));
      }
      if (faults.length > 0) throw faults[0];
    },
  }),
};

async function mountsOf(config: FilesystemConfig, host: Host): Promise<Mount[]> {
  const text = await readProc(host, "1/mountinfo").catch(() => readProc(host, "self/mountinfo"));
  const virtual = new Set(
    rowsOf(await readProc(host, "filesystems")).flatMap(([first, type]) =>
      first === "nodev" && type !== "zfs" ? [type] : [],
    ),
  );
  const seen = new Set<string>();
  return rowsOf(text)
    .map(mountOf)
    .filter((mount) => {
      const key = `${mount.device} ${mount.mountpoint}`;
      if (seen.has(key) || (!config.include_virtual_filesystems && virtual.has(mount.type))) return false;
      seen.add(key);
      return (
        isIncluded(mount.device, config.include_devices, config.exclude_devices) &&
        isIncluded(mount.type, config.include_fs_types, config.exclude_fs_types) &&
        isIncluded(mount.mountpoint, config.include_mount_points, config.exclude_mount_points)
      );
    });
}

/** `36 35 98:0 /root /mountpoint rw,noatime master:1 - ext3 /dev/root rw`, with any number of fields before the dash. */
function mountOf(row: readonly string[]): Mount {
  const dash = row.indexOf("-");
  const options = (row[5] ?? "").split(",");
  const mode = options.includes("rw") ? "rw" : options.includes("ro") ? "ro" : "unknown";
  return {
    mountpoint: unescaped(row[4] ?? ""),
    type: row[dash + 1] ?? "",
    device: unescaped(row[dash + 2] ?? ""),
    mode,
  };
}

/** Spaces and the like are written in octal. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

async function recordMount(recorder: Recorder, mount: Mount, { rootPath }: Host): Promise<void> {
  const { device, mode, mountpoint, type } = mount;
  const isInside = rootPath !== "/" && `${mountpoint}/`.startsWith(`${rootPath}/`);
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(
    isInside ? mountpoint : join(rootPath, mountpoint),
  );
  const attributes = { device, mode, mountpoint, type };
  const [used, free] = [(blocks - bfree) * bsize, bavail * bsize];
  const states = { used, free, reserved: blocks * bsize - used - free };
  for (const [state, value] of Object.entries(states)) {
    recorder.record("system.filesystem.usage", value, { ...attributes, state });
  }
  recorder.record("system.filesystem.utilization", used + free === 0 ? 0 : used / (used + free), attributes);
  recorder.record("system.filesystem.inodes.usage", files - ffree, { ...attributes, state: "used" });
  recorder.record("system.filesystem.inodes.usage", ffree, { ...attributes, state: "free" });
}
