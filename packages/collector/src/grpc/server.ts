/**
 * Unary gRPC methods over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 * A call that will be refused is refused before its message is read.
 */
import { CONTENT_TYPE, prefixOf, statusTrailers } from "@clew/otlp/grpc";
import { type HeaderField } from "@clew/otlp/http2";
import type { Socket } from "node:net";
import { RPC_CODE, type Status } from "@clew/otlp";
import { answerOf, type Answer } from "../http2/answer.ts";

import type { Http2Stream, RequestHandler } from "../http2/stream.ts";
import { DEAF } from "../http2/stream.ts";
import type { Receiving, ReceivingRequest } from "../net/receiving.ts";
import { CallError } from "./call-error.ts";

import { GrpcRequest } from "./request.ts";

/** What is known of a call beside its message. */
export interface Call {
  readonly headers: readonly HeaderField[];
  /** `host:port` of the client. */
  readonly address: string;
}

export interface Method<Admission> {
  /** Throws, or rejects, where the call will not be taken, whatever its message. Its message comes meanwhile. */
  admit(call: Call): Promise<Admission> | Admission;
  /** Takes the message, as it is once it was decompressed. The answer is an empty message. */
  take(message: Buffer, admission: Admission): Promise<void>;
}

export interface GrpcHandlerSettings<Admission> {
  // path --> method
  readonly methods: ReadonlyMap<string, Method<Admission>>;
  readonly maxMessageBytes: number;
  readonly receiving: Receiving;
  /** Which status a failure is, where it is no `CallError`. */
  readonly statusOf: (error: unknown) => Status;
}

const OK_HEADERS = { ":status": "200", "content-type": CONTENT_TYPE };
const EMPTY_MESSAGE: Buffer = prefixOf({ compressed: false, length: 0 });
const SUCCESS: Answer = answerOf(OK_HEADERS, EMPTY_MESSAGE, { "grpc-status": "0" });
const WRONG_METHOD: Answer = answerOf({ ":status": "405" });
const WRONG_TYPE: Answer = answerOf({ ":status": "415" });
/** Longer texts would not fit the one frame that a status is. */
const MAX_STATUS_TEXT_CHARS = 2_048;

/** What a connection's requests are given to. */
export function grpcHandler<Admission>(
  settings: GrpcHandlerSettings<Admission>,
  socket: Socket,
): (stream: Http2Stream, headers: readonly HeaderField[]) => RequestHandler {
  const address = addressOf(socket);
  // The same error is the same answer, which is much of the work of refusing.
  const failures = new WeakMap<object, Answer>();
  const answerTo = (error: unknown): Answer => {
    const known = typeof error === "object" && error !== null ? failures.get(error) : undefined;
    if (known !== undefined) return known;
    const answer = failure(error instanceof CallError ? error.status : settings.statusOf(error));
    if (typeof error === "object" && error !== null) failures.set(error, answer);
    return answer;
  };
  return (stream, headers) => begin(settings, stream, { headers, address }, answerTo);
}

function begin<Admission>(
  settings: GrpcHandlerSettings<Admission>,
  stream: Http2Stream,
  call: Call,
  answerTo: (error: unknown) => Answer,
): RequestHandler {
  let path = "";
  let isPost = false;
  let isGrpc = false;
  let encoding = "identity";
  for (const { name, value } of call.headers) {
    if (name === ":path") path = value;
    else if (name === ":method") isPost = value === "POST";
    else if (name === "content-type") isGrpc = value.startsWith(CONTENT_TYPE);
    else if (name === "grpc-encoding") encoding = value;
  }
  if (!isPost || !isGrpc) {
    stream.answer(isPost ? WRONG_TYPE : WRONG_METHOD);
    return DEAF;
  }
  const fail = (error: unknown): void => stream.answer(answerTo(error));
  const method = settings.methods.get(path);
  if (method === undefined) {
    fail(unimplemented(path, settings.methods.keys()));
    return DEAF;
  }
  let admission: Promise<Admission> | Admission;
  try {
    admission = method.admit(call);
  } catch (error) {
    fail(error);
    return DEAF;
  }
  const noRoom = settings.receiving.refusal();
  if (noRoom !== undefined) {
    fail(noRoom);
    if (admission instanceof Promise) admission.catch(() => {});
    return DEAF;
  }
  const held = settings.receiving.begin();
  const request = new GrpcRequest(encoding, settings.maxMessageBytes, held);
  if (admission instanceof Promise) refuseUnlessAdmitted(admission, request);
  answerOnceTaken(method, request.whole, admission, { held, succeed: () => stream.answer(SUCCESS), fail });
  return request;
}

interface Answering {
  readonly held: ReceivingRequest;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

/** Here no function sees the request, lest it be held until the call is answered. */
function answerOnceTaken<Admission>(
  method: Method<Admission>,
  message: Promise<Buffer>,
  admission: Promise<Admission> | Admission,
  { held, succeed, fail }: Answering,
): void {
  const taken =
    admission instanceof Promise
      ? message.then((bytes) => admission.then((admitted) => method.take(bytes, admitted)))
      : message.then((bytes) => method.take(bytes, admission));
  taken
    .finally(() => held.end())
    .then(succeed)
    .catch(fail);
}

function refuseUnlessAdmitted(admission: Promise<unknown>, request: GrpcRequest): void {
  admission.catch((error: unknown) => request.refuse(error));
}

function failure(status: Status): Answer {
  const message = status.message.slice(0, MAX_STATUS_TEXT_CHARS);
  return answerOf({
    ...OK_HEADERS,
    "grpc-accept-encoding": "identity,gzip,snappy,zstd",
    ...statusTrailers({ ...status, message }),
  });
}

function unimplemented(path: string, known: Iterable<string>): CallError {
  const slash = path.lastIndexOf("/");
  const [service, method] = [path.slice(1, Math.max(slash, 1)), path.slice(slash + 1)];
  const isKnown = [...known].some((one) => one.startsWith(`/${service}/`));
  const what = isKnown ? `unknown method ${method} for service ${service}` : `unknown service ${service}`;
  return new CallError(RPC_CODE.UNIMPLEMENTED, what);
}

function addressOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
