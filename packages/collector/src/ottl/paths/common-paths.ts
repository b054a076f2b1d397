/** Paths that records of several kinds have, and those of resources and scopes. */
import { id, idText, text, time, uint32, uint64, type Place } from "../accessor.ts";
import { mapAccessor, mapKeyAccessor } from "../indexing.ts";
import type { PathDefinition, PathSet } from "./path-table.ts";

export function attributePath(place: Place, field = "attributes"): PathDefinition {
  return {
    accessor: mapAccessor((context) => place(context).attributes(field)),
    keyed: (keys) => mapKeyAccessor((context) => place(context).attributes(field), keys),
  };
}

/** An id, and after a dot the same in hexadecimal. */
export function idPath(place: Place, field: string, length: 8 | 16): PathDefinition {
  return { accessor: id(place, field, length), fields: { string: { accessor: idText(place, field, length) } } };
}

/** `<name>_unix_nano`, and `<name>` as a time. */
export function timePaths(place: Place, name: string, field: string): Record<string, PathDefinition> {
  return { [`${name}_unix_nano`]: { accessor: uint64(place, field) }, [name]: { accessor: time(place, field) } };
}

const resource: Place = (context) => context.resources.one("resource");
const scope: Place = (context) => context.scopes.one("scope");

export const RESOURCE_PATHS: PathSet = {
  name: "resource",
  paths: {
    attributes: attributePath(resource),
    dropped_attributes_count: { accessor: uint32(resource, "droppedAttributesCount") },
    schema_url: { accessor: text((context) => context.resources, "schemaUrl") },
  },
};

export const SCOPE_PATHS: PathSet = {
  name: "scope",
  paths: {
    name: { accessor: text(scope, "name") },
    version: { accessor: text(scope, "version") },
    attributes: attributePath(scope),
    dropped_attributes_count: { accessor: uint32(scope, "droppedAttributesCount") },
    schema_url: { accessor: text((context) => context.scopes, "schemaUrl") },
  },
};
