/** `opentelemetry/proto/common/v1` and `resource/v1`. */
import { field, list, many, message, one, oneof, type Message } from "./message.ts";

export const AnyValue: Message = message(
  "AnyValue",
  oneof(
    "value",
    field(1, "stringValue", "string"),
    field(2, "boolValue", "bool"),
    field(3, "intValue", "int64"),
    field(4, "doubleValue", "double"),
    one(5, "arrayValue", () => ArrayValue),
    one(6, "kvlistValue", () => KeyValueList),
    field(7, "bytesValue", "bytes"),
  ),
);

const ArrayValue: Message = message("ArrayValue", [many(1, "values", () => AnyValue)]);
const KeyValueList: Message = message("KeyValueList", [many(1, "values", () => KeyValue)]);

export const KeyValue: Message = message("KeyValue", [field(1, "key", "string"), one(2, "value", () => AnyValue)]);

export const InstrumentationScope: Message = message("InstrumentationScope", [
  field(1, "name", "string"),
  field(2, "version", "string"),
  many(3, "attributes", () => KeyValue),
  field(4, "droppedAttributesCount", "uint32"),
]);

const EntityRef: Message = message("EntityRef", [
  field(1, "schemaUrl", "string"),
  field(2, "type", "string"),
  list(3, "idKeys", "string"),
  list(4, "descriptionKeys", "string"),
]);

export const Resource: Message = message("Resource", [
  many(1, "attributes", () => KeyValue),
  field(2, "droppedAttributesCount", "uint32"),
  many(3, "entityRefs", () => EntityRef),
]);
