/**
 * A schema as one flat table of integers, for the loop in validate.ts. Messages are rows, as
 * many slots long as the largest field number asks for; each slot says what may stand there:
 *
 *     bit  0..3   wire type, or NO_FIELD
 *          4      the child is KeyValue
 *          5..9   length of an id, 0 for what is no id
 *          10…    number of the child message + 1, 0 for what is no message
 */
import type { Field, Message } from "./schema/message.ts";
import { KeyValue } from "./schema/common.ts";

export const WIRE_TYPE_MASK = 15;
/** Stands where a wire type would, and is none: no such field in this message. */
export const NO_FIELD = 8;
export const IS_KEY_VALUE: number = 1 << 4;
export const ID_LENGTH_SHIFT = 5;
export const ID_LENGTH_MASK = 31;
export const CHILD_SHIFT = 10;

export interface ValidationTable {
  readonly actions: Int32Array;
  /** A message's row begins at its number `<< rowBits`. */
  readonly rowBits: number;
  /** By message number: 0 for what is not counted, 1 for resources, 2 for metrics, 3 for items. */
  readonly counted: Uint8Array;
  /** By message number; only read to tell what is wrong. */
  readonly messages: readonly Message[];
}

const COUNTED_AS = { resources: 1, metrics: 2, items: 3 };

/** The table of everything that `root` can contain; `root` is message 0. */
export function validationTable(root: Message): ValidationTable {
  const messages = withContents(root);
  const largest = Math.max(...messages.map(({ byNumber }) => byNumber.length - 1));
  const rowBits = 32 - Math.clz32(largest);
  const actions = new Int32Array(messages.length << rowBits).fill(NO_FIELD);
  for (const [row, { fields }] of messages.entries()) {
    for (const field of fields) actions[(row << rowBits) + field.number] = actionOf(field, messages);
  }
  const counted = Uint8Array.from(messages, ({ counted: as }) => (as === undefined ? 0 : COUNTED_AS[as]));
  return { actions, rowBits, counted, messages };
}

function actionOf({ wireType, idLength, message }: Field, messages: readonly Message[]): number {
  const child = message?.();
  return (
    wireType |
    (idLength << ID_LENGTH_SHIFT) |
    (child === KeyValue ? IS_KEY_VALUE : 0) |
    (child === undefined ? 0 : (messages.indexOf(child) + 1) << CHILD_SHIFT)
  );
}

function withContents(root: Message): Message[] {
  const messages = [root];
  for (const { fields } of messages) {
    for (const { message } of fields) {
      const child = message?.();
      if (child !== undefined && !messages.includes(child)) messages.push(child);
    }
  }
  return messages;
}
