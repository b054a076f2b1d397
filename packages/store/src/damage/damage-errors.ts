/** How ClickHouse says that a file is not what was written, by its names and codes for that. */
const DAMAGE: Readonly<Record<string, string>> = {
  ATTEMPT_TO_READ_AFTER_EOF: "32",
  CANNOT_READ_ALL_DATA: "33",
  CHECKSUM_DOESNT_MATCH: "40",
  FILE_DOESNT_EXIST: "107",
  INCORRECT_DATA: "117",
  TOO_LARGE_SIZE_COMPRESSED: "131",
  CORRUPTED_DATA: "246",
  CANNOT_DECOMPRESS: "271",
  UNKNOWN_CODEC: "432",
};
const CODES = new Set(Object.values(DAMAGE));

export const DAMAGE_NAMES: readonly string[] = Object.keys(DAMAGE);

/** How it says that the disk did not give what was asked for. That may pass, so nothing is put aside for it. */
export const DISK_NAMES: readonly string[] = ["CANNOT_READ_FROM_FILE_DESCRIPTOR", "CANNOT_OPEN_FILE"];

/** Whether the engine read something that it did not write. */
export function isDamage(error: unknown): boolean {
  return CODES.has(String((error as { code?: unknown } | undefined)?.code));
}
