/** Where samples of a target go: which resource, scope, family and group, and which part of it they are. */
import { Writer } from "@clew/otlp";
import { Family, Group, kindOf, type Metadata, type Role, type ScrapedResource, type ScrapedScope } from "./family.ts";
import { METRIC_NAME, type Labels } from "../../../relabel/labels.ts";
import type { MetadataStore } from "./metadata.ts";
import { ATTRIBUTES_FIELD, writeAttributes } from "./write-metrics.ts";

const DEFAULT_SCOPE = "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver";
const SCOPE_PREFIX = "otel_scope_";

export interface PlacedSeries {
  readonly labels: Labels;
  readonly name: string;
  readonly isNative: boolean;
}

/** Where samples of a series go, as long as the metadata stays `version`. */
export interface Place {
  readonly version: number;
  readonly family: Family;
  readonly groupKey: string;
  readonly group: Group;
  readonly role: Role;
  readonly boundary: number;
}

export class Placement {
  readonly #metadata: MetadataStore;
  readonly #targetLabels: Labels;
  // resource, scope, kind and name --> family
  readonly #families = new Map<string, Family>();
  readonly #resources = new Map<string, ScrapedResource>();
  readonly #scopes = new Map<string, ScrapedScope>();

  constructor(metadata: MetadataStore, targetLabels: Labels) {
    this.#metadata = metadata;
    this.#targetLabels = targetLabels;
  }

  find({ labels, name, isNative }: PlacedSeries): Place {
    const { metadata, metric } = this.#metadata.of(name);
    const kind = kindOf(metadata.type, isNative);
    const resource = this.resourceOf(labels);
    const scope = this.#scopeOf(labels);
    const familyKey = [resource.job, resource.instance, scope.key, kind, metric].join("\0");
    let family = this.#families.get(familyKey);
    if (family === undefined || !sameMetadata(family.metadata, metadata)) {
      family = new Family(familyKey, metric, kind, metadata, resource, scope);
      this.#families.set(familyKey, family);
    }
    const boundaryLabel = kind === "histogram" ? "le" : kind === "summary" ? "quantile" : undefined;
    const attributes = [...labels].filter(([label]) => isAttribute(label, boundaryLabel)).sort(byName);
    const groupKey = attributes.flat().join("\0");
    let group = family.groupsByLabels.get(groupKey);
    if (group === undefined) {
      const writer = new Writer(256);
      writeAttributes(writer, ATTRIBUTES_FIELD[kind], attributes);
      group = new Group(writer.finish());
      family.groupsByLabels.set(groupKey, group);
    }
    const role = roleOf(name, family);
    const boundary = boundaryLabel === undefined ? 0 : boundaryOf(labels.get(boundaryLabel));
    return { version: this.#metadata.version, family, groupKey, group, role, boundary };
  }

  /** By job and instance; the target's where a sample has none. */
  resourceOf(labels: Labels): ScrapedResource {
    const job = labels.get("job") ?? this.#targetLabels.get("job") ?? "";
    const instance = labels.get("instance") ?? this.#targetLabels.get("instance") ?? "";
    const key = `${job}\0${instance}`;
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const resource = { job, instance };
    this.#resources.set(key, resource);
    return resource;
  }

  #scopeOf(labels: Labels): ScrapedScope {
    const own = [...labels].filter(([label]) => label.startsWith(SCOPE_PREFIX)).sort(byName);
    const key = own.flat().join("\0");
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    const attributes = new Map(own.map(([label, value]) => [label.slice(SCOPE_PREFIX.length), value]));
    const take = (name: string): string => {
      const value = attributes.get(name) ?? "";
      attributes.delete(name);
      return value;
    };
    const scope = {
      key,
      name: own.length === 0 ? DEFAULT_SCOPE : take("name"),
      version: take("version"),
      schemaUrl: take("schema_url"),
      attributes,
    };
    this.#scopes.set(key, scope);
    return scope;
  }

  /** A series gives up its place; a group without series is forgotten, and a family without groups. */
  leave({ family, group, groupKey }: Place): void {
    if (--group.seriesCount > 0) return;
    family.groupsByLabels.delete(groupKey);
    if (family.groupsByLabels.size === 0 && this.#families.get(family.key) === family)
      this.#families.delete(family.key);
  }
}

function roleOf(name: string, { kind, metadata }: Family): Role {
  if (kind !== "gauge" && name === `${metadata.family}_created`) return "created";
  if (kind !== "histogram" && kind !== "summary") return "value";
  if (name.endsWith("_sum")) return "sum";
  return name.endsWith("_count") ? "count" : "boundary";
}

/** NaN where the label is absent or no number: such a sample is part of nothing. */
function boundaryOf(label: string | undefined): number {
  if (label === undefined || label === "") return NaN;
  if (label === "+Inf" || label === "Inf") return Infinity;
  return label === "-Inf" ? -Infinity : Number(label);
}

function isAttribute(label: string, boundaryLabel: string | undefined): boolean {
  if (label === METRIC_NAME || label === "job" || label === "instance" || label === boundaryLabel) return false;
  return !label.startsWith(SCOPE_PREFIX);
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  return a === b || (a.family === b.family && a.type === b.type && a.help === b.help && a.unit === b.unit);
}
