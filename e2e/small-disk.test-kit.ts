/** A small disk of a test's own, that can be full and that can fail, as only root on Linux can make one. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./running-clew.test-kit.ts";

const SIZE_MIB = 128;
/** What ext4 offers to those who test what becomes of errors. */
const FAIL_FILE = "trigger_fs_error";

export interface SmallDisk {
  readonly path: string;
  /** Leaves so many bytes free, about. */
  fill(leftBytes: number): void;
  /** Gives back what `fill` took. */
  makeRoom(): void;
  /** As after an error of the device: from then on nothing can be written, even by those who have files open. */
  fail(): void;
  /** Repairs it, and mounts it again. Nobody may have a file open. */
  repair(how: "to write" | "to read only"): void;
  remove(): void;
}

/** Why there can be none here; undefined where there can. */
export function whyNoSmallDisk(): string | undefined {
  try {
    makeSmallDisk().remove();
    return undefined;
  } catch (error) {
    return `a disk can be neither made nor mounted here, which takes root on Linux: ${String(error).split("\n")[0]}`;
  }
}

/** Throws where it can't be made. */
export function makeSmallDisk(): SmallDisk {
  const directory = temporaryDirectory();
  const image = join(directory.path, "image");
  const path = join(directory.path, "disk");
  const mount = (options: string): void => void run("mount", "-o", `loop,errors=remount-ro${options}`, image, path);
  try {
    mkdirSync(path);
    run("truncate", "-s", `${SIZE_MIB}M`, image);
    // Without room for root alone, who then would not notice that it is full.
    run("mkfs.ext4", "-q", "-m", "0", image);
    mount("");
    failFileOf(path);
  } catch (error) {
    spawnSync("umount", [path]);
    directory.remove();
    throw error;
  }
  const filler = join(path, "filler");
  return {
    path,
    fill(leftBytes) {
      const { bavail, bsize } = statfsSync(path);
      if (leftBytes > 0) run("fallocate", "-l", String(bavail * bsize - leftBytes), filler);
      // It ends when nothing is left, with an error.
      else spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=4096"]);
    },
    makeRoom() {
      rmSync(filler);
    },
    fail() {
      writeFileSync(failFileOf(path), "a test");
    },
    repair(how) {
      run("umount", path);
      // It says with its status that there was something to repair.
      spawnSync("fsck.ext4", ["-p", image]);
      mount(how === "to write" ? "" : ",ro");
    },
    remove() {
      spawnSync("umount", [path]);
      directory.remove();
    },
  };
}

function failFileOf(path: string): string {
  const device = run("findmnt", "-no", "SOURCE", path).replace("/dev/", "");
  const directory = `/sys/fs/ext4/${device}`;
  if (!readdirSync(directory).includes(FAIL_FILE)) throw new Error(`${directory} has no ${FAIL_FILE}`);
  return join(directory, FAIL_FILE);
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
