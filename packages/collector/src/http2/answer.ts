import { FLAG, FRAME, frame, headerBlock } from "@clew/otlp/http2";
/** Answers are frames with the stream's number left open: written once, sent often. */

/** Where the stream's number stands in a frame. */
const STREAM_ID_OFFSET = 5;

export interface Answer {
  readonly frames: Buffer;
  /** Where each frame begins. */
  readonly starts: readonly number[];
  /** How much of it counts against the peer's windows. */
  readonly dataBytes: number;
}

type Fields = Readonly<Record<string, string>>;

/** A whole answer: headers, a body of one frame at most, trailers. Without trailers the last of the others ends the stream. */
export function answerOf(headers: Fields, body?: Uint8Array, trailers?: Fields): Answer {
  const isEnd = (last: boolean): number => (last ? FLAG.END_STREAM : 0);
  const frames = [
    frame(
      FRAME.HEADERS,
      FLAG.END_HEADERS | isEnd(body === undefined && trailers === undefined),
      0,
      headerBlock(headers),
    ),
    ...(body === undefined ? [] : [frame(FRAME.DATA, isEnd(trailers === undefined), 0, body)]),
    ...(trailers === undefined
      ? []
      : [frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 0, headerBlock(trailers))]),
  ];
  const starts = frames.map((_frame, i) => frames.slice(0, i).reduce((total, { length }) => total + length, 0));
  return { frames: Buffer.concat(frames), starts, dataBytes: body?.length ?? 0 };
}

/** The bytes of `answer` on one stream. */
export function answerBytes({ frames, starts }: Answer, streamId: number): Buffer {
  const bytes = Buffer.allocUnsafe(frames.length);
  bytes.set(frames);
  for (const start of starts) {
    bytes[start + STREAM_ID_OFFSET] = streamId >>> 24;
    bytes[start + STREAM_ID_OFFSET + 1] = streamId >>> 16;
    bytes[start + STREAM_ID_OFFSET + 2] = streamId >>> 8;
    bytes[start + STREAM_ID_OFFSET + 3] = streamId;
  }
  return bytes;
}
