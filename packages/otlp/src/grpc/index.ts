export { GrpcClient, GrpcError, type GrpcClientSettings, type Request } from "./client.ts";
export { CODE_NAMES, CONTENT_TYPE, PREFIX_BYTES, prefixOf, readPrefix, statusTrailers } from "./message.ts";
