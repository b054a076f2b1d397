import { messageOf } from "@clew/base";
import { payloadOf, type Payload } from "@clew/otlp";
import type { StorageClient } from "../../../extension.ts";
import type { Logger } from "../../../telemetry/logger.ts";

const SEQUENCE_DIGITS = 16;

export interface StoredPart {
  readonly key: string;
  readonly payload: Payload;
}

/** Spans in a storage extension, a key for each part of a trace, in the order in which they came. */
export class StoredParts {
  readonly #client: StorageClient;
  readonly #logger: Logger;
  readonly #report: (error: unknown) => void;
  #sequence: number;

  constructor(client: StorageClient, logger: Logger, report: (error: unknown) => void) {
    this.#client = client;
    this.#logger = logger;
    this.#report = report;
    this.#sequence = Math.max(0, ...client.keys().map(Number));
  }

  /** What an earlier run left. */
  async *left(): AsyncIterable<StoredPart> {
    for (const key of this.#client.keys().toSorted()) {
      try {
        const bytes = await this.#client.get(key);
        if (bytes !== undefined) yield { key, payload: payloadOf("traces", bytes) };
      } catch (error) {
        this.#logger.error("Failed to read stored spans. Dropping them.", { error: messageOf(error) });
        this.remove([key]);
      }
    }
  }

  /** Resolves with the keys of all parts once they are durable. Rejects with `STORAGE_FAILED`. */
  async put(parts: readonly Payload[]): Promise<string[]> {
    const changes = parts.map(({ chunks, byteLength }) => ({
      key: String(++this.#sequence).padStart(SEQUENCE_DIGITS, "0"),
      value: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, byteLength),
    }));
    await this.#client.apply(changes);
    return changes.map(({ key }) => key);
  }

  /** What cannot be removed comes again after the next start. */
  remove(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#client.apply(keys.map((key) => ({ key, value: undefined }))).catch(this.#report);
  }
}
