import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ClewError, messageOf } from "@clew/base";
import type { Settings } from "../../../component.ts";
import type { ClientAuthenticator, Extension, Headers, ServerAuthenticator } from "../../../extension.ts";
import type { BearertokenauthConfig } from "./config.ts";

/** How often the file is looked at. */
const REFRESH_MS = 5_000;

/** Takes clients that bear a token, and bears one to servers. */
export class Bearertokenauth implements Extension {
  readonly serverAuthenticator: ServerAuthenticator = { authenticate: (headers) => this.#authenticate(headers) };
  readonly clientAuthenticator: ClientAuthenticator = { headers: () => this.#clientHeaders() };
  readonly #settings: Settings;
  readonly #config: BearertokenauthConfig;
  #values: readonly string[];
  #fileText = "";
  #stopRefreshing: () => void = () => {};

  constructor(settings: Settings, config: BearertokenauthConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#values = this.#valuesOf(config.tokens.length > 0 ? config.tokens : [config.token]);
  }

  async start(): Promise<void> {
    const { filename, token, tokens } = this.#config;
    if (filename === "") return;
    if (token !== "" || tokens.length > 0)
      this.#settings.logger.warn("a filename is specified. Configured token(s) is ignored!");
    await this.#refresh(filename).catch((cause: unknown) => {
      const path = `${this.#settings.path}::filename`;
      throw new ClewError("FILE_UNREADABLE", messageOf(cause), { path, remedy: "name a file that we may read", cause });
    });
    this.#stopRefreshing = this.#settings.clock.every(REFRESH_MS, () => {
      this.#refresh(filename).catch((error: unknown) => this.#settings.logger.error(messageOf(error)));
    });
  }

  shutdown(): Promise<void> {
    this.#stopRefreshing();
    return Promise.resolve();
  }

  async #refresh(filename: string): Promise<void> {
    const text = await readFile(filename, "utf8");
    if (text === this.#fileText) return;
    this.#fileText = text;
    this.#settings.logger.info("refresh token", { filename });
    const tokens = text.split("\n").map((line) => line.trim());
    this.#values = this.#valuesOf(tokens.filter((token) => token !== ""));
  }

  #valuesOf(tokens: readonly string[]): readonly string[] {
    const { scheme } = this.#config;
    return tokens.map((token) => (scheme === "" ? token : `${scheme} ${token}`));
  }

  async #authenticate(headers: Headers): Promise<Record<string, unknown>> {
    const { header } = this.#config;
    const [given = ""] = headers.get(header.toLowerCase()) ?? [];
    if (given === "") throw unauthenticated(`missing or empty authorization header: ${header}`);
    if (!this.#values.some((value) => isSame(value, given))) throw unauthenticated("scheme or token does not match");
    return {};
  }

  async #clientHeaders(): Promise<Record<string, string>> {
    const [value = ""] = this.#values;
    return { [this.#config.header.toLowerCase()]: value };
  }
}

/** Takes the same time whatever they have in common. */
function isSame(expected: string, given: string): boolean {
  const [a, b] = [expected, given].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a!, b!);
}

function unauthenticated(what: string): ClewError {
  return new ClewError("UNAUTHENTICATED", what, { remedy: "send the token that the collector was given" });
}
