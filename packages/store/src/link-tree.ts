import { copyFile, link, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { basename, join } from "node:path";

/** A data part's directory, `20261127_1_42_2`, or a spool's file: what is written once and never again. */
const PART = /^[^_]+_\d+_\d+_\d+(?:_\d+)?$/;
const WRITTEN_ONCE = /\.spool$/;
/** Where the file system has no hard links, or not between these two places. */
const NO_LINK = new Set(["EXDEV", "EPERM", "EMLINK", "ENOTSUP"]);

/** Copies a directory as it is; files that nobody will change are linked instead. */
export async function linkTree(
  from: string,
  to: string,
  writtenOnce: boolean = PART.test(basename(from)),
): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target, writtenOnce || PART.test(entry.name));
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isFile()) await (writtenOnce || WRITTEN_ONCE.test(source) ? linkOrCopy : copyFile)(source, target);
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!NO_LINK.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await copyFile(source, target);
  }
}
