import { basename } from "node:path";
import { type AnyValue, copyValue } from "../common/any-value.ts";
import { type Environment, readPairs, readText } from "../config/environment.ts";
import { VERSION } from "../version.ts";

/** The entity that produces the telemetry: a service, on a host, in a container. */
export interface Resource {
  readonly attributes: Readonly<Record<string, AnyValue>>;
  readonly schemaUrl?: string;
  /** A resource with the attributes of both; where both have one, `other` wins. */
  merge(other: Resource | null): Resource;
}

/** Makes a resource from attributes. Values that OTLP cannot carry are left out. */
export function resourceFromAttributes(
  attributes: Readonly<Record<string, unknown>>,
  options: { readonly schemaUrl?: string } = {},
): Resource {
  const copies: [string, AnyValue][] = [];
  for (const [key, value] of Object.entries(attributes)) {
    const copy = copyValue(value, Infinity);
    if (copy !== undefined && copy !== null) copies.push([key, copy]);
  }
  return new PlainResource(Object.fromEntries(copies), options.schemaUrl);
}

/** What every resource says unless told otherwise: the name `unknown_service:node` and this SDK. */
export function defaultResource(): Resource {
  return resourceFromAttributes({
    "service.name": `unknown_service:${basename(process.execPath) || "node"}`,
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "clew",
    "telemetry.sdk.version": VERSION,
  });
}

/** `OTEL_RESOURCE_ATTRIBUTES`, and `OTEL_SERVICE_NAME`, which wins over the former's `service.name`. */
export function resourceFromEnvironment(env: Environment = process.env): Resource {
  const serviceName = readText(env, "OTEL_SERVICE_NAME");
  return resourceFromAttributes({
    ...readPairs(env, "OTEL_RESOURCE_ATTRIBUTES"),
    ...(serviceName !== undefined && { "service.name": serviceName }),
  });
}

class PlainResource implements Resource {
  readonly attributes: Readonly<Record<string, AnyValue>>;
  declare readonly schemaUrl?: string;

  constructor(attributes: Readonly<Record<string, AnyValue>>, schemaUrl: string | undefined) {
    this.attributes = attributes;
    if (schemaUrl !== undefined) this.schemaUrl = schemaUrl;
  }

  merge(other: Resource | null): Resource {
    if (other === null) return this;
    return new PlainResource({ ...this.attributes, ...other.attributes }, mergedSchemaUrl(this, other));
  }
}

/** Specification, resource merge: one that is empty gives way; two that differ leave none. */
function mergedSchemaUrl(old: Resource, updating: Resource): string | undefined {
  const oldUrl = old.schemaUrl ?? "";
  const newUrl = updating.schemaUrl ?? "";
  if (oldUrl !== "" && newUrl !== "" && oldUrl !== newUrl) return undefined;
  return newUrl || oldUrl || undefined;
}
