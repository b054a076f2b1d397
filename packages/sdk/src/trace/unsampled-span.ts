import type { Span, SpanContext } from "@opentelemetry/api";
import type { IdentitySource } from "./identity-source.ts";
import type { SpanIdentity } from "./span-identity.ts";

/** A span that is not recorded. It has ids all the same, for whoever carries them on, and draws them only for them. */
export class UnsampledSpan implements Span {
  readonly #parent: SpanIdentity | undefined;
  readonly #source: IdentitySource;
  readonly #flags: number;
  #identity: SpanIdentity | undefined;

  /** `flags` are those of the span, which do not say that it is sampled. */
  constructor(parent: SpanIdentity | undefined, source: IdentitySource, flags: number) {
    this.#parent = parent;
    this.#source = source;
    this.#flags = flags;
  }

  get identity(): SpanIdentity {
    if (this.#identity === undefined) {
      this.#identity = this.#source.next(this.#parent);
      this.#identity.traceFlags = this.#flags;
    }
    return this.#identity;
  }

  spanContext(): SpanContext {
    return this.identity.context;
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(): void {}

  end(): void {}
}
