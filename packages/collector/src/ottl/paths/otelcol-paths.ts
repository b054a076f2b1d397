/** Who sent the telemetry: read only, the same for all contexts. */
import type { Value } from "@clew/otlp";
import type { Accessor } from "../accessor.ts";
import type { Context } from "../context.ts";
import { getIn, indexOf, keyOfMap, type Key } from "../indexing.ts";
import { OttlError } from "../ottl-error.ts";
import type { OttlValue } from "../ottl-value.ts";
import type { PathDefinition, PathSet } from "./path-table.ts";

export const OTELCOL_PATHS: PathSet = {
  name: "otelcol",
  paths: {
    client: {
      fields: {
        addr: { accessor: readOnly("otelcol.client.addr", ({ client }) => client?.address ?? null) },
        auth: { fields: { attributes: authAttributes() } },
        metadata: metadata("otelcol.client.metadata"),
      },
    },
    // Receivers hand on the headers of both protocols in the same way.
    grpc: { fields: { metadata: metadata("otelcol.grpc.metadata") } },
  },
};

function readOnly(path: string, get: (context: Context) => OttlValue): Accessor {
  return {
    get,
    set() {
      throw new OttlError(`"${path}" is read-only and cannot be modified`);
    },
  };
}

function metadata(path: string): PathDefinition {
  return {
    accessor: readOnly(path, ({ client }) => new Map(client?.metadata)),
    keyed: ([first, ...rest]) =>
      readOnly(path, (context) => {
        const name = keyOfMap(first!, context, "cannot get map value: ").toLowerCase();
        const values = context.client?.metadata.get(name);
        return values === undefined || values.length === 0 ? null : oneOf(values, rest, context);
      }),
  };
}

function oneOf(values: readonly string[], keys: readonly Key[], context: Context): OttlValue {
  if (keys.length === 0) return values;
  if (keys.length > 1) throw new OttlError("cannot index into string slice more than once");
  return values[indexOf(keys[0]!, values.length, context)]!;
}

function authAttributes(): PathDefinition {
  const path = "otelcol.client.auth.attributes";
  const entries = ({ client }: Context): (readonly [string, Value])[] =>
    Object.entries(client?.auth ?? {}).map(([key, value]) => [key, valueOf(value)]);
  return {
    accessor: readOnly(path, (context) => new Map(entries(context))),
    keyed: ([first, ...rest]) =>
      readOnly(path, (context) => {
        const name = keyOfMap(first!, context);
        const value = valueOf(context.client?.auth?.[name]);
        if (rest.length === 0) return value;
        if (value === null || typeof value !== "object") {
          throw new OttlError(`attribute "${name}" value is not indexable`);
        }
        return getIn(value, rest, context);
      }),
  };
}

/** What an authenticator told, as a value. */
function valueOf(told: unknown): Value {
  if (typeof told === "number") return Number.isSafeInteger(told) ? BigInt(told) : told;
  if (typeof told === "string" || typeof told === "boolean" || typeof told === "bigint") return told;
  if (Array.isArray(told)) return told.map((one) => valueOf(one));
  if (typeof told !== "object" || told === null) return null;
  return new Map(Object.entries(told).map(([key, value]) => [key, valueOf(value)]));
}
