/** Changes attributes, one action after the other. */
import { createHash } from "node:crypto";
import { goRegExp } from "@clew/base";
import type { AttributesView, Client, Value } from "@clew/otlp";
import { asString } from "../../../ottl/go-json.ts";
import { OttlError } from "../../../ottl/ottl-error.ts";
import { truncated } from "../../../ottl/ottl-value.ts";
import { parseInteger, toFloatLike } from "../../../ottl/parameters.ts";
import { valueOfYaml } from "../../../match/yaml-value.ts";
import type { Action } from "./config.ts";

export type AttributesEdit = (attributes: AttributesView, client: Client | undefined) => void;

/** One edit that does all of them, in order. */
export function compileActions(actions: readonly Action[]): AttributesEdit {
  const edits = actions.map((action) => compile(action));
  return (attributes, client) => {
    for (const edit of edits) edit(attributes, client);
  };
}

function compile(action: Action): AttributesEdit {
  const { key } = action;
  switch (action.action) {
    case "delete":
      return deleting(action);
    case "hash":
      return hashing(action);
    case "extract":
      return extracting(action);
    case "convert":
      return (attributes) => {
        const before = attributes.get(key);
        const after = before === undefined ? undefined : converted(before, action.converted_type);
        if (after !== undefined && after !== before) attributes.set(key, after);
      };
    default:
      return putting(action);
  }
}

function putting(action: Action): AttributesEdit {
  const { key } = action;
  const source = sourceOf(action);
  return (attributes, client) => {
    const isThere = attributes.has(key);
    if (isThere ? action.action === "insert" : action.action === "update") return;
    const value = source(attributes, client);
    if (value !== undefined) attributes.set(key, value);
  };
}

type Source = (attributes: AttributesView, client: Client | undefined) => Value | undefined;

function sourceOf({ value, default_value: fallback, from_attribute: other, from_context: path }: Action): Source {
  if (value !== undefined && value !== null) {
    const constant = valueOfYaml(value);
    return () => constant;
  }
  const last = fallback === undefined || fallback === null ? undefined : valueOfYaml(fallback);
  if (path !== "") return (_attributes, client) => fromContext(path, client) ?? last;
  return other === "" ? () => last : (attributes) => attributes.get(other) ?? last;
}

/** Several values of a header are joined by semicolons. */
function fromContext(path: string, client: Client | undefined): string | undefined {
  if (path === "client.address") return client?.address?.replace(/:\d+$/, "");
  if (path.startsWith("auth.")) {
    const told = client?.auth?.[path.slice("auth.".length)];
    if (typeof told === "string") return told;
    return Array.isArray(told) && told.length > 0 ? told.join(";") : undefined;
  }
  const header = path.startsWith("metadata.") ? path.slice("metadata.".length) : path;
  const values = client?.metadata.get(header.toLowerCase());
  return values === undefined || values.length === 0 ? undefined : values.join(";");
}

function deleting({ key, pattern }: Action): AttributesEdit {
  const expression = pattern === "" ? undefined : goRegExp(pattern);
  return (attributes) => {
    attributes.delete(key);
    if (expression !== undefined) attributes.retain((name) => !expression.test(name));
  };
}

function hashing({ key, pattern }: Action): AttributesEdit {
  const expression = pattern === "" ? undefined : goRegExp(pattern);
  return (attributes) => {
    const value = attributes.get(key);
    if (value !== undefined) attributes.set(key, hashed(value));
    if (expression === undefined) return;
    for (const name of attributes.keys()) {
      if (expression.test(name)) attributes.set(name, hashed(attributes.get(name) ?? null));
    }
  };
}

/** SHA-256 of the value's bytes, numbers in little-endian order; empty for what is no single value. */
function hashed(value: Value): string {
  const number = Buffer.alloc(8);
  switch (typeof value) {
    case "string":
      return sha256(Buffer.from(value));
    case "boolean":
      return sha256(Buffer.from([value ? 1 : 0]));
    case "bigint":
      number.writeBigInt64LE(value);
      return sha256(number);
    case "number":
      number.writeDoubleLE(value);
      return sha256(number);
    default:
      return "";
  }
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function extracting({ key, pattern }: Action): AttributesEdit {
  const expression = goRegExp(pattern);
  return (attributes) => {
    const value = attributes.get(key);
    const groups = typeof value === "string" ? expression.exec(value)?.groups : undefined;
    for (const [name, found] of Object.entries(groups ?? {})) attributes.set(name, found ?? "");
  };
}

/** Undefined where it cannot be converted, and stays as it is. */
function converted(value: Value, type: string): Value | undefined {
  if (type === "string") return asString(value);
  if (value === null || typeof value === "object") return undefined;
  try {
    if (type === "double") return toFloatLike(value);
    if (typeof value === "string") return parseInteger(value, 10);
  } catch (error) {
    if (error instanceof OttlError) return undefined;
    throw error;
  }
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "number" ? truncated(value) : value;
}
