/** How ClickHouse says that a file is not what was written, by its names and codes for that. */
const DAMAGE: Readonly<Record<string, string>> = {
  ATTEMPT_TO_READ_AFTER_EOF: "32",
  CANNOT_READ_ALL_DATA: "33",
  CHECKSUM_DOESNT_MATCH: "40",
  CANNOT_READ_FROM_FILE_DESCRIPTOR: "74",
  CANNOT_OPEN_FILE: "76",
  FILE_DOESNT_EXIST: "107",
  INCORRECT_DATA: "117",
  TOO_LARGE_SIZE_COMPRESSED: "131",
  CORRUPTED_DATA: "246",
  CANNOT_DECOMPRESS: "271",
};
const CODES = new Set(Object.values(DAMAGE));

export const DAMAGE_NAMES: readonly string[] = Object.keys(DAMAGE);

/** Whether the engine could not read what it has. */
export function isDamage(error: unknown): boolean {
  return CODES.has(String((error as { code?: unknown } | undefined)?.code));
}
