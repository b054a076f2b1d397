/** Arbitrary OTLP messages, in the shape that `decode` returns, by the tables of `schema/`. */
import * as fc from "fast-check";
import type { Field, Kind, Message } from "./schema/message.ts";

/** AnyValues in AnyValues end here. */
const MAX_VALUE_DEPTH = 3;

const SCALARS: Readonly<Record<Exclude<Kind, "message">, fc.Arbitrary<unknown>>> = {
  string: fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ minLength: 120, maxLength: 140 })),
  bytes: fc.uint8Array({ maxLength: 20 }),
  traceId: fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constant(new Uint8Array(0))),
  spanId: fc.oneof(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.constant(new Uint8Array(0))),
  bool: fc.boolean(),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  int32: fc.integer(),
  enum: fc.integer({ min: -1, max: 30 }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  sint32: fc.integer(),
  fixed32: fc.integer({ min: 0, max: 0xffff_ffff }),
  fixed64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  sfixed64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  double: fc.double(),
};

/** Any value of a message: each field set or not, at most one member of each `oneof`. */
export function arbitraryMessage(message: Message, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const members = message.fields.filter((field) => depth < MAX_VALUE_DEPTH || !holdsValues(field));
  const fields = members.filter(({ oneof }) => oneof === undefined);
  const record = fc.record(Object.fromEntries(fields.map((field) => [field.name, arbitraryField(field, depth)])), {
    requiredKeys: [],
    noNullPrototype: true,
  });
  const choices = members.filter(({ oneof }) => oneof !== undefined);
  if (choices.length === 0) return record;
  const choice = fc.oneof(
    fc.constant({}),
    ...choices.map((field) => arbitraryField(field, depth).map((value) => ({ [field.name]: value }))),
  );
  return fc.tuple(record, choice).map(([rest, chosen]) => ({ ...rest, ...chosen }));
}

function arbitraryField(field: Field, depth: number): fc.Arbitrary<unknown> {
  const type = field.message?.();
  const inner = depth + (type?.name === "AnyValue" ? 1 : 0);
  const value =
    type === undefined
      ? SCALARS[field.kind as Exclude<Kind, "message">]
      : fc.constant(0).chain(() => arbitraryMessage(type, inner));
  return field.repeated ? fc.array(value, { maxLength: 3 }) : value;
}

function holdsValues(field: Field): boolean {
  return field.name === "arrayValue" || field.name === "kvlistValue";
}
