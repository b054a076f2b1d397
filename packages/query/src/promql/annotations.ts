import type { PositionRange } from "./ast.ts";
import { placeText } from "./parse-error.ts";

/** Collects what a query's reader should know about its answer, each remark once, in Prometheus's words. */
export class Annotations {
  readonly #query: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();

  constructor(query: string) {
    this.#query = query;
  }

  warn(text: string, position: PositionRange): void {
    this.#warnings.add(`PromQL warning: ${text} (${placeText(this.#query, position.start)})`);
  }

  info(text: string, position: PositionRange): void {
    this.#infos.add(`PromQL info: ${text} (${placeText(this.#query, position.start)})`);
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  get infos(): readonly string[] {
    return [...this.#infos];
  }
}
