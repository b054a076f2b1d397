import type { Attributes, Context } from "@opentelemetry/api";

/** Changes the attributes of measurements before they are aggregated. */
export interface IAttributesProcessor {
  /** Must not change `incoming`. `context` is that of the measurement; observable instruments have none. */
  process(incoming: Attributes, context?: Context): Attributes;
}

/** Decides by the key alone, so that no object has to be made of what is kept. */
export class KeyFilter implements IAttributesProcessor {
  readonly keeps: (key: string) => boolean;

  constructor(keeps: (key: string) => boolean) {
    this.keeps = keeps;
  }

  process(incoming: Attributes): Attributes {
    return Object.fromEntries(Object.entries(incoming).filter(([key]) => this.keeps(key)));
  }
}

/** Keeps the attributes with these keys, and no others. */
export function createAllowListAttributesProcessor(attributeAllowList: readonly string[]): IAttributesProcessor {
  const allowed = new Set(attributeAllowList);
  return new KeyFilter((key) => allowed.has(key));
}

/** Keeps all attributes but those with these keys. */
export function createDenyListAttributesProcessor(attributeDenyList: readonly string[]): IAttributesProcessor {
  const denied = new Set(attributeDenyList);
  return new KeyFilter((key) => !denied.has(key));
}
