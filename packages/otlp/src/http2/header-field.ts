/** What RFC 7541 adds to the bytes of each field, in the dynamic table and in the size of a list. */
const FIELD_OVERHEAD_BYTES = 32;

/** A header field. Fields that repeat are the same object, so reading them costs nothing. */
export class HeaderField {
  readonly name: string;
  readonly value: string;
  /** The size by which tables and lists are limited. */
  readonly size: number;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
    this.size = name.length + value.length + FIELD_OVERHEAD_BYTES;
  }
}
