import type { Readable, Writable } from "node:stream";

/** What a command may touch of the process. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** For bytes in any quantity. */
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the user asks the program to stop. */
  readonly stop: AbortSignal;
  /** Calls `reload` when the user asks for a new look at the configuration, until the returned function is called. */
  readonly onReload: (reload: () => void) => () => void;
}
