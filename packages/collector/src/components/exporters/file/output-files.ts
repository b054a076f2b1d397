/** Files by their paths, of which no more are open than allowed. */
import { OutputFile, type OutputFileOptions } from "./output-file.ts";

export class OutputFiles {
  readonly #options: Omit<OutputFileOptions, "path">;
  readonly #most: number;
  // path --> file; the one that has waited longest comes first
  readonly #files = new Map<string, OutputFile>();
  // path --> when it is closed, for those that are about to be
  readonly #closing = new Map<string, Promise<void>>();
  /** Those that we began: what we wrote into them stays when they are opened again. */
  readonly #begun = new Set<string>();

  constructor(options: Omit<OutputFileOptions, "path">, most: number) {
    this.#options = options;
    this.#most = most;
  }

  /** The file at `path`. To be used at once: it may be closed later. */
  at(path: string): OutputFile {
    const file = this.#files.get(path) ?? this.#begin(path);
    this.#files.delete(path);
    this.#files.set(path, file);
    return file;
  }

  async close(): Promise<void> {
    for (const path of Array.from(this.#files.keys())) this.#close(path);
    await Promise.all(this.#closing.values());
  }

  #begin(path: string): OutputFile {
    const [longest] = this.#files.keys();
    if (longest !== undefined && this.#files.size >= this.#most) this.#close(longest);
    const keeps = this.#options.keeps || this.#begun.has(path);
    this.#begun.add(path);
    return new OutputFile({ ...this.#options, path, keeps }, this.#closing.get(path));
  }

  #close(path: string): void {
    const closed = this.#files
      .get(path)!
      .close()
      .catch(() => {})
      .finally(() => {
        if (this.#closing.get(path) === closed) this.#closing.delete(path);
      });
    this.#files.delete(path);
    this.#closing.set(path, closed);
  }
}
