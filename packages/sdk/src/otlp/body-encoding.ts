/** How requests and answers stand in HTTP bodies. */
import { fromJson, PROTOCOLS, type Signal, toJson } from "@clew/otlp";

export interface BodyEncoding {
  readonly contentType: string;
  /** Turns a request, which is protobuf, into the body. */
  encode(request: Uint8Array): Uint8Array;
  /** Turns an answer's body into protobuf. Throws when it is malformed. */
  decode(response: Uint8Array): Uint8Array;
}

export const PROTOBUF: BodyEncoding = {
  contentType: "application/x-protobuf",
  encode: (request) => request,
  decode: (response) => response,
};

/** Source: OTLP specification, "JSON Protobuf Encoding". */
export function jsonEncoding(signal: Signal): BodyEncoding {
  const { request, response } = PROTOCOLS[signal];
  return {
    contentType: "application/json",
    encode: (bytes) => Buffer.from(JSON.stringify(toJson(request, bytes))),
    decode: (bytes) => (bytes.length === 0 ? bytes : fromJson(response, Buffer.from(bytes).toString("utf8"))),
  };
}
