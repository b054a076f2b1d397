import { posix } from "node:path";
import { messageOf } from "@clew/base";
import { MessageView, partitionPayload, payloadBytes, PROTOCOLS, Resource, toJson, type Payload } from "@clew/otlp";
import { compress, DEFAULT_LEVEL } from "../../../compression/compress.ts";
import type { Exporter, Settings } from "../../../component.ts";
import { ConsumeError } from "../../../consumer.ts";
import { ExporterCounters } from "../../../pipeline/exporter-counters.ts";
import type { FileConfig } from "./config.ts";
import { OutputFiles } from "./output-files.ts";

const DIRECTORY_MODE = 0o755;
/** Names that no file can have, whatever is tried. */
const IMPOSSIBLE: ReadonlySet<unknown> = new Set(["ENAMETOOLONG", "ERR_INVALID_ARG_VALUE", "EISDIR", "ENOTDIR"]);
/** What `partitionPayload` calls the records whose resource has no such attribute: no path has this in it. */
const NO_FILE = "\0";

/** Writes requests into files. A request is taken once it was written. */
export class FileExporter implements Exporter {
  readonly countsDeliveries = true;
  readonly #settings: Settings;
  readonly #config: FileConfig;
  readonly #counters: ExporterCounters;
  readonly #files: OutputFiles;
  readonly #hasLines: boolean;

  constructor(settings: Settings, config: FileConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#counters = new ExporterCounters(settings.meter, settings.id);
    const { append, compression, create_directory, directory_permissions, format, group_by, rotation } = config;
    const mode = directory_permissions === "" ? DIRECTORY_MODE : Number.parseInt(directory_permissions, 8);
    this.#hasLines = format === "json" && compression === "";
    this.#files = new OutputFiles(
      {
        keeps: append || rotation !== undefined,
        hasLines: this.#hasLines,
        rotation,
        clock: settings.clock,
        directoryMode: create_directory || group_by.enabled ? mode : undefined,
      },
      group_by.enabled ? group_by.max_open_files : 1,
    );
  }

  /** Rejects with `FILE_UNWRITABLE`. */
  async start(): Promise<void> {
    const { group_by, path } = this.#config;
    try {
      if (!group_by.enabled) await this.#files.at(path).open();
    } catch (cause) {
      throw this.#unwritable(cause);
    }
  }

  shutdown(): Promise<void> {
    return this.#files.close();
  }

  async consume(payload: Payload): Promise<void> {
    if (!this.#config.group_by.enabled) return this.#write(this.#config.path, payload);
    const parts = partitionPayload(payload, this.#pathOf());
    const nowhere = parts.get(NO_FILE);
    if (nowhere !== undefined) this.#drop(nowhere);
    parts.delete(NO_FILE);
    await Promise.all(Array.from(parts, ([path, part]) => this.#write(path, part)));
  }

  async #write(path: string, payload: Payload): Promise<void> {
    const bytes = await this.#encode(payload);
    await this.#files
      .at(path)
      .append(bytes)
      .catch((cause: unknown) => this.#failed(payload, cause));
    this.#counters.sent(payload);
  }

  /** A line of JSON, or the length in four bytes, the highest first, and then the message. */
  async #encode(payload: Payload): Promise<Uint8Array> {
    const protobuf = payloadBytes(payload);
    if (this.#hasLines) return Buffer.from(`${jsonOf(payload, protobuf)}\n`);
    const plain = this.#config.format === "json" ? Buffer.from(jsonOf(payload, protobuf)) : protobuf;
    const message = this.#config.compression === "" ? plain : await compress(plain, "zstd", DEFAULT_LEVEL);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    return Buffer.concat([length, message]);
  }

  /** The path for each record, found once for each resource. */
  #pathOf(): Parameters<typeof partitionPayload>[1] {
    const [prefix, suffix] = this.#config.path.split("*") as [string, string];
    const { resource_attribute: attribute } = this.#config.group_by;
    let last: { readonly resource: Uint8Array; readonly path: string } | undefined;
    return ({ resource }) => {
      if (last?.resource !== resource) {
        const segment = new MessageView(Resource, resource).attributes().get(attribute);
        last = { resource, path: typeof segment === "string" ? pathWith(prefix, segment, suffix) : NO_FILE };
      }
      return last.path;
    };
  }

  #drop(payload: Payload): void {
    this.#counters.failed(payload);
    const { resource_attribute: attribute } = this.#config.group_by;
    this.#settings.logger.warn(`Resource does not contain ${attribute} attribute, dropping it`, {
      dropped_items: payload.counts.items,
    });
  }

  #failed(payload: Payload, cause: unknown): never {
    this.#counters.failed(payload);
    throw this.#unwritable(cause);
  }

  #unwritable(cause: unknown): ConsumeError {
    return new ConsumeError("FILE_UNWRITABLE", messageOf(cause), {
      permanent: IMPOSSIBLE.has((cause as NodeJS.ErrnoException).code),
      path: `${this.#settings.path}::path`,
      remedy: "check that the directory exists, and its permissions and room",
      cause,
    });
  }
}

function jsonOf({ signal }: Payload, protobuf: Uint8Array): string {
  return JSON.stringify(toJson(PROTOCOLS[signal].request, protobuf));
}

/** `segment` between both, whatever it tries: the path does not leave the directories that `prefix` names. */
function pathWith(prefix: string, segment: string, suffix: string): string {
  const start = posix.normalize(prefix);
  const path = posix.normalize(start + segment.replace(/^\.{1,2}(?=\/)/, "") + suffix);
  return path.startsWith(start) ? path : posix.join(start, posix.join("/", segment + suffix));
}
