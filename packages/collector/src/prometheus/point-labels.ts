import type { KeyValueObject, ResourceObject, ScopeObject } from "@clew/otlp";
import { attributeLabels, joinedAttributes, scopeLabels, targetLabels, type LabelMap } from "./labels.ts";
import type { Naming } from "./naming.ts";
import { resourceLabels, type ResourceLabels } from "./resource-labels.ts";
import type { TranslationConfig } from "./translation-config.ts";

/** What the points of a resource and a scope share. */
export interface CommonLabels {
  /** Attributes of the resource that go before those of a point. */
  readonly attributes: readonly KeyValueObject[];
  readonly target: LabelMap;
  readonly scope: LabelMap;
}

/** Makes the labels of data points. */
export class PointLabels {
  readonly #naming: Naming;
  readonly #resourceLabels: ResourceLabels;

  constructor(naming: Naming, config: TranslationConfig) {
    this.#naming = naming;
    this.#resourceLabels = resourceLabels(config);
  }

  ofResource(resource: ResourceObject | undefined): CommonLabels {
    return { attributes: this.#resourceLabels(resource), target: targetLabels(resource), scope: new Map() };
  }

  /** The same with the labels of one of its scopes. */
  withScope(common: CommonLabels, scope: ScopeObject | undefined, schemaUrl = ""): CommonLabels {
    return { ...common, scope: scopeLabels(scope, this.#naming, schemaUrl) };
  }

  /** Those of the scope go before the attributes', and those of the target before all. */
  ofPoint(attributes: readonly KeyValueObject[], { attributes: ofResource, target, scope }: CommonLabels): LabelMap {
    const labels = attributeLabels(joinedAttributes(attributes, ofResource), this.#naming);
    for (const [name, value] of scope) labels.set(name, value);
    for (const [name, value] of target) labels.set(name, value);
    return labels;
  }
}
