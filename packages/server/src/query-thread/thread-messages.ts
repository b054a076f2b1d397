/** What is said between the program's main thread and the one that works queries out. */
import { type PromqlFeatures, QueryError } from "@clew/query";
import { messageOf } from "@clew/base";
import type { OtlpSettings } from "@clew/otlp/prometheus";
import type { EngineLink } from "@clew/store";
import type { SampleCacheCounts } from "../metrics/sample-cache.ts";
import type { AskedQuery } from "./query-runner.ts";

/** What the thread is started with. */
export interface ThreadSettings {
  readonly engine: EngineLink;
  readonly otlp: OtlpSettings | undefined;
  readonly features: PromqlFeatures;
  readonly cacheBytes: number;
  /** Whether the main thread tells of all changes of metrics. */
  readonly hearsOfChanges: boolean;
}

export type ToThread =
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly asked: AskedQuery;
      readonly enginePort: number | undefined;
      readonly seriesVersion: number;
      /** One shared number, 1 once nobody waits for the answer. */
      readonly canceled: Int32Array;
    }
  | { readonly kind: "cancel"; readonly id: number }
  /** What was sent of the answer's pieces is read. */
  | { readonly kind: "more"; readonly id: number }
  /** The engine was started again, or is not there. */
  | { readonly kind: "port"; readonly enginePort: number | undefined }
  /** Points have changed, from that time on. */
  | { readonly kind: "changed"; readonly fromMs: number };

export type FromThread =
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
      readonly isCut: boolean;
      readonly cache: SampleCacheCounts | undefined;
    }
  | { readonly kind: "pieces"; readonly id: number; readonly pieces: readonly Uint8Array[]; readonly isLast: boolean }
  | { readonly kind: "failed"; readonly id: number; readonly failure: Failure };

/** An error that can be sent. */
export type Failure =
  | { readonly code: string; readonly what: string; readonly position: QueryError["position"] }
  | { readonly message: string };

export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof QueryError)) return { message: messageOf(thrown) };
  return { code: thrown.code, what: thrown.what, position: thrown.position };
}

export function errorOf(failure: Failure): Error {
  if ("message" in failure) return new Error(failure.message);
  const { code, what, position } = failure;
  return new QueryError(code as ConstructorParameters<typeof QueryError>[0], what, { position });
}
