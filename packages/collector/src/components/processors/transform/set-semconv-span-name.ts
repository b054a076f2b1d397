/** `set_semconv_span_name`: names a span by its attributes, as the semantic conventions ask. */
import type { AttributesView, MessageView } from "@clew/otlp";
import { write } from "../../../ottl/accessor.ts";
import { defineEditor, type FunctionDefinition } from "../../../ottl/function-definition.ts";
import { asString } from "../../../ottl/go-json.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import { optional, text } from "../../../ottl/parameters.ts";

const LEAST_VERSION = [1, 37, 0];
const LATEST_VERSION = [1, 43, 0];

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

export const setSemconvSpanName: FunctionDefinition = defineEditor(
  "set_semconv_span_name",
  { semconvVersion: text, originalSpanNameAttribute: optional(text) },
  (args) => {
    checkVersion(args.semconvVersion);
    const { originalSpanNameAttribute: attribute } = args;
    if (attribute === "") throw new OttlError("originalSpanNameAttribute cannot be an empty string");
    return (context) => {
      const span = context.record;
      const before = span.get("name") as string;
      const after = nameOf(span) ?? before;
      if (after === before) return;
      write(context, span, "name", after);
      if (attribute !== undefined) span.attributes().set(attribute, before);
    };
  },
);

function checkVersion(version: string): void {
  const parts = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/
    .exec(version)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (parts === undefined)
    throw new OttlError(`failed to parse semconv version "${version}": invalid semantic version`);
  if (order(parts, LEAST_VERSION) >= 0 && order(parts, LATEST_VERSION) <= 0) return;
  const range = `${LEAST_VERSION.join(".")} and ${LATEST_VERSION.join(".")}`;
  throw new OttlError(`unsupported semconv version "${version}": must be between ${range}`);
}

function order(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

function nameOf(span: MessageView): string | undefined {
  const attributes = span.attributes();
  switch (span.get("kind")) {
    case SERVER:
      return httpName(attributes, "http.route") ?? rpcName(attributes) ?? messagingName(attributes);
    case CLIENT:
      return (
        httpName(attributes, "url.template") ??
        rpcName(attributes) ??
        databaseName(attributes) ??
        messagingName(attributes)
      );
    case PRODUCER:
    case CONSUMER:
      return messagingName(attributes);
    default:
      return undefined;
  }
}

/** The first of the attributes that is there. */
function first(attributes: AttributesView, ...keys: readonly string[]): string | undefined {
  const key = keys.find((one) => attributes.has(one));
  return key === undefined ? undefined : asString(attributes.get(key) ?? null);
}

function joined(separator: string, ...parts: readonly (string | undefined)[]): string | undefined {
  const there = parts.filter((part) => part !== undefined && part !== "");
  return there.length === 0 ? undefined : there.join(separator);
}

function httpName(attributes: AttributesView, subject: string): string | undefined {
  const method = first(attributes, "http.request.method", "http.method");
  return method === undefined ? undefined : joined(" ", method, first(attributes, subject));
}

function rpcName(attributes: AttributesView): string | undefined {
  const system = first(attributes, "rpc.system.name", "rpc.system");
  if (system === undefined) return undefined;
  const method = first(attributes, "rpc.method", "rpc.grpc.method");
  const service = first(attributes, "rpc.service", "rpc.grpc.service");
  if (service === undefined) return method ?? system;
  return `${service}/${method ?? "*"}`;
}

function databaseName(attributes: AttributesView): string | undefined {
  const system = first(attributes, "db.system.name", "db.system");
  if (system === undefined) return undefined;
  const summary = first(attributes, "db.query.summary");
  if (summary !== undefined) return summary;
  const namespace = first(attributes, "db.namespace", "db.name");
  const object = first(attributes, "db.collection.name", "db.stored_procedure.name");
  const target = joined(".", namespace, object) ?? serverName(attributes);
  return joined(" ", first(attributes, "db.operation.name", "db.operation"), target) ?? system;
}

function messagingName(attributes: AttributesView): string | undefined {
  const system = first(attributes, "messaging.system");
  if (system === undefined) return undefined;
  const operation = first(attributes, "messaging.operation.name", "messaging.operation");
  return joined(" ", operation, destinationName(attributes)) ?? system;
}

function destinationName(attributes: AttributesView): string | undefined {
  if (attributes.get("messaging.destination.temporary") === true) return "(temporary)";
  if (attributes.get("messaging.destination.anonymous") === true) return "(anonymous)";
  const template = first(attributes, "messaging.destination.template");
  return template ?? first(attributes, "messaging.destination.name", "messaging.destination") ?? serverName(attributes);
}

function serverName(attributes: AttributesView): string | undefined {
  return joined(":", first(attributes, "server.address"), first(attributes, "server.port"));
}
