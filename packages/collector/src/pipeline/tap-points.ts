import { ClewError } from "@clew/base";
import type { Payload } from "@clew/otlp";
import type { Kind } from "../component.ts";
import type { PipelineConfig } from "../config/collector-config.ts";
import type { Consumer } from "../consumer.ts";
import type { Tap } from "./graph.ts";

/** What is wanted to be seen: after a receiver or processor of a pipeline, or before an exporter or connector of it. */
export interface TapQuery {
  readonly pipeline: string;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

interface Point {
  readonly pipeline: string;
  readonly kind: Kind;
  readonly side: "after" | "before";
  readonly id: string;
  readonly listeners: Set<(payload: Payload) => void>;
}

/** The places in the pipelines where somebody may look at what passes. Where nobody does, nothing is done. */
export class TapPoints {
  readonly #points: Point[] = [];

  /** Stands between a component and its neighbour. */
  readonly tap: Tap = (kind: Kind, id: string, pipeline: PipelineConfig, next: Consumer): Consumer => {
    const side = kind === "receiver" || kind === "processor" ? "after" : "before";
    const point: Point = { pipeline: pipeline.id, kind, side, id, listeners: new Set() };
    this.#points.push(point);
    return {
      refusal: () => next.refusal?.(),
      consume(payload) {
        if (point.listeners.size > 0) for (const listener of point.listeners) listener(payload);
        return next.consume(payload);
      },
    };
  };

  /** Calls `listener` with each payload that passes, until the returned function is called. Throws `TAP_UNKNOWN`. */
  listen(query: TapQuery, listener: (payload: Payload) => void): () => void {
    const points = this.#find(query);
    for (const { listeners } of points) listeners.add(listener);
    return () => {
      for (const { listeners } of points) listeners.delete(listener);
    };
  }

  /** Without `after` and `before`: everything that enters the pipeline. */
  #find({ pipeline, after, before }: TapQuery): readonly Point[] {
    const inPipeline = this.#points.filter((point) => point.pipeline === pipeline);
    const found = inPipeline.filter(({ kind, side, id }) => {
      if (before !== undefined) return side === "before" && id === before;
      if (after !== undefined) return side === "after" && id === after;
      return kind === "receiver";
    });
    if (found.length > 0) return found;
    const known = inPipeline.length > 0 ? inPipeline : this.#points;
    const places = known.map((point) => `--pipeline ${point.pipeline} --${point.side} ${point.id}`);
    throw new ClewError("TAP_UNKNOWN", "there is no such place in the pipelines", {
      remedy: `there are: ${[...new Set(places)].join("; ")}`,
    });
  }
}
