/** A file that was seen: known again by its first bytes, whatever it is called. */
import type { FileHandle } from "node:fs/promises";
import type { MutableMap } from "../entry.ts";

/** Records that were handed on and not taken yet. */
export interface InFlight {
  /** Where the first of them stands. */
  readonly startOffset: number;
}

export interface Checkpoint {
  readonly fingerprint: string;
  readonly offset: number;
  readonly recordNumber: number;
  readonly header: MutableMap;
}

export class KnownFile {
  /** Its first bytes, as many as there were, up to the configured size. */
  fingerprint: Buffer;
  path: string;
  handle: FileHandle | undefined;
  /** How far it was cut into records. In a compressed file: of what it holds. */
  offset: number;
  recordNumber = 0;
  /** Attributes of its header. */
  header: MutableMap = {};
  hasReadHeader = false;
  attributes: MutableMap = {};
  /** The rest of a record that was too long is passed over. */
  isSkipping = false;
  /** Inode, size and time when it was last looked at, and since when nothing was added. */
  inode = -1;
  size = -1;
  modifiedMs = 0;
  quietSinceMs = 0;
  readonly inFlight: Set<InFlight> = new Set();

  constructor(path: string, fingerprint: Buffer, offset: number) {
    this.path = path;
    this.fingerprint = fingerprint;
    this.offset = offset;
  }

  static fromCheckpoint({ fingerprint, offset, recordNumber, header }: Checkpoint): KnownFile {
    const file = new KnownFile("", Buffer.from(fingerprint, "base64"), offset);
    file.recordNumber = recordNumber;
    file.header = header;
    file.hasReadHeader = offset > 0;
    return file;
  }

  /** Whether a file that begins with `fingerprint` is this one: it may have grown since. */
  matches(fingerprint: Buffer): boolean {
    const length = this.fingerprint.length;
    return length > 0 && length <= fingerprint.length && fingerprint.subarray(0, length).equals(this.fingerprint);
  }

  /** From where it must be read again after a crash: everything before was taken. `held` are starts of entries held back. */
  checkpoint(held: readonly number[]): Checkpoint {
    const starts = [...this.inFlight].map(({ startOffset }) => startOffset);
    return {
      fingerprint: this.fingerprint.toString("base64"),
      offset: Math.min(this.offset, ...starts, ...held),
      recordNumber: this.recordNumber,
      header: this.header,
    };
  }
}
