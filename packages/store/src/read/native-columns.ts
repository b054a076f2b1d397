/**
 * Reads answers in ClickHouse's Native format as whole columns: a copy of memory a block instead of work a value.
 *
 *     block  := columns:varint rows:varint (name:string type:string data)*
 *     data   := fixed-width little-endian values | ends:UInt64* values   (an array's ends count from the block's start)
 */
import { ByteReader } from "../block/byte-reader.ts";

const WIDTHS: Readonly<Record<string, number>> = { UInt8: 1, UInt32: 4, Int64: 8, UInt64: 8, Float64: 8 };
const TWO_32 = 4_294_967_296;

/** Bytes of one column of one block. */
interface Piece {
  readonly views: readonly Uint8Array[];
  readonly rows: number;
  /** For arrays: where each row's values end, from the block's first value on, as words of which the lower come first. */
  readonly ends: Uint32Array | undefined;
}

/** The columns of all blocks of an answer, in the order of the query. */
export class NativeColumns {
  readonly rows: number;
  readonly #columns: readonly (readonly Piece[])[];

  /** Throws where the answer has other types than integers, floats and arrays of them. */
  constructor(chunks: readonly Buffer[]) {
    const reader = new ByteReader(chunks);
    const columns: Piece[][] = [];
    let total = 0;
    while (!reader.atEnd) {
      const count = reader.varint();
      const rows = reader.varint();
      for (let i = 0; i < count; i++) {
        reader.string();
        const piece = readPiece(reader, reader.string(), rows);
        if (columns[i] === undefined) columns[i] = [piece];
        else columns[i]!.push(piece);
      }
      total += rows;
    }
    this.rows = total;
    this.#columns = columns;
  }

  bytesOf(column: number): Uint8Array {
    return joined(this.#viewsOf(column));
  }

  /** UInt32 values; 64-bit ones as pairs of words, the lower one first. */
  wordsOf(column: number): Uint32Array {
    return new Uint32Array(joined(this.#viewsOf(column)).buffer);
  }

  floatsOf(column: number): Float64Array {
    return new Float64Array(joined(this.#viewsOf(column)).buffer);
  }

  /** UInt32 values as numbers, each greater by `offset`. */
  shiftedOf(column: number, offset: number): Float64Array {
    const words = this.wordsOf(column);
    const numbers = new Float64Array(words.length);
    for (let i = 0; i < numbers.length; i++) numbers[i] = words[i]! + offset;
    return numbers;
  }

  /** Int64 values as numbers, rounded beyond 2^53. */
  integersOf(column: number): Float64Array {
    return numbersOf(this.wordsOf(column));
  }

  /** Where each row's values end in the array column's values. */
  endsOf(column: number): Uint32Array {
    const ends = new Uint32Array(this.rows);
    let row = 0;
    let before = 0;
    for (const piece of this.#piecesOf(column)) {
      for (let i = 0; i < piece.rows; i++) ends[row++] = before + piece.ends![2 * i]!;
      before = piece.rows === 0 ? before : ends[row - 1]!;
    }
    return ends;
  }

  #piecesOf(column: number): readonly Piece[] {
    return this.#columns[column] ?? [];
  }

  #viewsOf(column: number): Uint8Array[] {
    return this.#piecesOf(column).flatMap(({ views }) => views);
  }
}

function readPiece(reader: ByteReader, type: string, rows: number): Piece {
  const item = /^Array\((\w+)\)$/.exec(type)?.[1];
  const width = WIDTHS[item ?? type];
  if (width === undefined) throw new Error(`a column of type ${type}`);
  if (item === undefined) return { views: reader.views(rows * width), rows, ends: undefined };
  const ends = new Uint32Array(joined(reader.views(rows * 8)).buffer);
  const count = rows === 0 ? 0 : ends[2 * rows - 2]!;
  return { views: reader.views(count * width), rows, ends };
}

function joined(views: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(views.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const view of views) {
    whole.set(view, position);
    position += view.length;
  }
  return whole;
}

function numbersOf(words: Uint32Array): Float64Array {
  const numbers = new Float64Array(words.length / 2);
  for (let i = 0; i < numbers.length; i++) numbers[i] = (words[2 * i + 1]! | 0) * TWO_32 + words[2 * i]!;
  return numbers;
}
