import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import { type IdGenerator, RandomIdGenerator } from "./id-generator.ts";
import { RANDOM_FLAG, SpanIdentity } from "./span-identity.ts";

/** Makes the identities of new spans, by the words of our generator or the texts of a user's. */
export class IdentitySource {
  readonly #random: RandomIdGenerator;
  readonly #draw: () => number;
  readonly #custom: IdGenerator | undefined;
  /** The flags of a span without a parent, before it is sampled. */
  readonly rootFlags: number;

  constructor(generator: IdGenerator = new RandomIdGenerator()) {
    const isOurs = generator instanceof RandomIdGenerator && generator.constructor === RandomIdGenerator;
    this.#random = isOurs ? generator : new RandomIdGenerator();
    this.#draw = () => this.#random.drawWord();
    this.#custom = isOurs ? undefined : generator;
    this.rootFlags = isOurs ? RANDOM_FLAG : 0;
  }

  /** Of a span under `parent`, with the parent's flags and state, or of a new trace. */
  next(parent: SpanIdentity | undefined): SpanIdentity {
    return this.#custom === undefined
      ? SpanIdentity.draw(parent, this.#draw, this.rootFlags)
      : this.#named(this.#custom, parent);
  }

  /** A generator is the user's code: what is no id, or throws, is told of, and a random one used. */
  #named(generator: IdGenerator, parent: SpanIdentity | undefined): SpanIdentity {
    try {
      const traceId = parent === undefined ? generator.generateTraceId() : "";
      const spanId = generator.generateSpanId();
      const identity = SpanIdentity.named(parent, traceId, spanId, this.rootFlags);
      if (identity !== undefined) return identity;
      diag.warn(`the id generator gave ${JSON.stringify({ traceId, spanId })}, which are no ids: random ones are used`);
    } catch (thrown) {
      diag.error(`the id generator failed, random ids are used: ${messageOf(thrown)}`);
    }
    return SpanIdentity.draw(parent, this.#draw, this.rootFlags);
  }
}
