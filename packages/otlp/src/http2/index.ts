export { CollectedBytes } from "./collected-bytes.ts";
export { ConnectionError } from "./connection-error.ts";
export {
  DEFAULT_WINDOW_BYTES,
  ERROR,
  FLAG,
  FRAME,
  frame,
  goAwayFrame,
  headerBlock,
  MAX_FRAME_BYTES,
  MAX_STREAM_ID,
  MAX_WINDOW_BYTES,
  numberFrame,
  PREFACE,
  SETTING,
  settingsFrame,
} from "./frame.ts";
export { FrameReader, type FrameHandler } from "./frame-reader.ts";
export type { HeaderField } from "./header-field.ts";
export { HeaderReader, type Headers } from "./header-reader.ts";
export { pieces } from "./pieces.ts";
