/** What every error that Clew raises on purpose carries beside its text. */
export interface ClewErrorDetails {
  /** Where it happened: a configuration path (`processors::batch::timeout`), a field, a file. */
  readonly path?: string | undefined;
  /** What the reader can do about it, in the imperative. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error with a stable code (listed in `docs/errors.md`), the place and the remedy.
 * Its message reads `[CODE] path: what happened (remedy)`.
 */
export class ClewError extends Error {
  override readonly name: string = "ClewError";
  readonly code: string;
  readonly path: string | undefined;
  readonly remedy: string | undefined;
  /** The bare text, without code, path and remedy. */
  readonly what: string;

  constructor(code: string, what: string, details: ClewErrorDetails = {}) {
    super(oneLine(code, what, details), { cause: details.cause });
    this.code = code;
    this.what = what;
    this.path = details.path;
    this.remedy = details.remedy;
  }
}

/** The text of anything that was thrown, for logs and responses. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function oneLine(code: string, what: string, { path, remedy }: ClewErrorDetails): string {
  const where = path === undefined ? "" : `${path}: `;
  const hint = remedy === undefined ? "" : ` (${remedy})`;
  return `[${code}] ${where}${what}${hint}`;
}
