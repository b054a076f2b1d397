import { ClewError } from "@clew/base";

/** The error for bytes that are not the protobuf message they should be. `what` follows Go's texts. */
export function malformed(what: string, path?: string): ClewError {
  return new ClewError("OTLP_MALFORMED", what, {
    path,
    remedy: "send an OTLP Export*ServiceRequest, encoded as the content type says",
  });
}
