/**
 * A client's HTTP/2 connection that costs as little as it can, so that a load generator is not what is measured: frames are
 * made once, header blocks refer to the dynamic table as those of grpc-go do, and of answers only the end is read.
 */
import { connect } from "node:net";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const [DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE] = [0, 1, 3, 4, 6, 7, 8];
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const FRAME_BYTES = 16_384;
const INITIAL_WINDOW_SETTING = 4;
const OUR_WINDOW = 2 ** 30;
const GRPC_STATUS = Buffer.from("grpc-status");

export class GrpcConnection {
  #socket;
  #nextId = 1;
  #connectionWindow = 65_535;
  #streamWindow = 65_535;
  // stream id --> {frames still to send, window, resolve}
  #streams = new Map();
  #blocked = new Set();
  #received = Buffer.alloc(0);
  #first;
  #later;
  #out = [];

  /** Resolves once connected. `headers` are sent with every call. */
  static async open(address, headers) {
    const connection = new GrpcConnection();
    const [host, port] = address.split(":");
    connection.#first = Buffer.concat(
      Object.entries(headers).map(([name, value]) => Buffer.concat([Buffer.from([0x40]), text(name), text(value)])),
    );
    // The newest entry of the dynamic table is 62.
    connection.#later = Buffer.from(Object.keys(headers).map((_name, i, all) => 0x80 | (62 + all.length - 1 - i)));
    connection.#socket = connect({ host, port: Number(port), noDelay: true });
    connection.#socket.on("data", (chunk) => connection.#read(chunk));
    connection.#socket.on("close", () => connection.#end());
    await new Promise((resolve, reject) => connection.#socket.once("connect", resolve).once("error", reject));
    connection.#write(Buffer.from(PREFACE, "latin1"));
    const settings = Buffer.alloc(6);
    settings.writeUInt16BE(INITIAL_WINDOW_SETTING);
    settings.writeUInt32BE(OUR_WINDOW, 2);
    connection.#write(frame(SETTINGS, 0, 0, settings));
    connection.#write(frame(WINDOW_UPDATE, 0, 0, number(OUR_WINDOW)));
    return connection;
  }

  /** Resolves with whether the call succeeded. `message` is framed for gRPC. */
  call(message) {
    const id = this.#nextId;
    this.#nextId += 2;
    const block = id === 1 ? this.#first : this.#later;
    this.#write(frame(HEADERS, END_HEADERS, id, block));
    return new Promise((resolve) => {
      const stream = { id, message, sent: 0, window: this.#streamWindow, resolve, succeeded: false };
      this.#streams.set(id, stream);
      this.#send(stream);
    });
  }

  close() {
    this.#socket.end();
  }

  #send(stream) {
    while (stream.sent < stream.message.length) {
      const left = stream.message.length - stream.sent;
      const length = Math.min(left, FRAME_BYTES, stream.window, this.#connectionWindow);
      if (length <= 0) {
        this.#blocked.add(stream);
        return;
      }
      this.#write(frameHead(DATA, length === left ? END_STREAM : 0, stream.id, length));
      this.#write(stream.message.subarray(stream.sent, stream.sent + length));
      stream.sent += length;
      stream.window -= length;
      this.#connectionWindow -= length;
    }
    this.#blocked.delete(stream);
  }

  #write(bytes) {
    if (this.#out.length === 0) {
      process.nextTick(() => {
        const out = this.#out;
        this.#out = [];
        this.#socket.write(Buffer.concat(out));
      });
    }
    this.#out.push(bytes);
  }

  #read(chunk) {
    const bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    while (bytes.length - at >= 9) {
      const end = at + 9 + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#frame(bytes[at + 3], bytes[at + 4], bytes.readUInt32BE(at + 5), bytes.subarray(at + 9, end));
      at = end;
    }
    this.#received = bytes.subarray(at);
  }

  #frame(type, flags, id, payload) {
    const stream = this.#streams.get(id);
    if (type === SETTINGS && (flags & ACK) === 0) this.#settings(payload);
    else if (type === PING && (flags & ACK) === 0) this.#write(frame(PING, ACK, 0, payload));
    else if (type === WINDOW_UPDATE) this.#windowUpdate(stream, id, payload.readUInt32BE());
    else if (type === GOAWAY) this.#socket.end();
    if (stream === undefined) return;
    // "0" behind the name, plain or in Huffman's code, or by an index: a call fails with another code, which is longer or another byte.
    if (type === HEADERS && (flags & END_STREAM) !== 0) stream.succeeded = !saysFailure(payload);
    if ((type === HEADERS && (flags & END_STREAM) !== 0) || type === RST_STREAM) {
      this.#streams.delete(id);
      this.#blocked.delete(stream);
      stream.resolve(stream.succeeded);
    }
  }

  #settings(payload) {
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== INITIAL_WINDOW_SETTING) continue;
      const change = payload.readUInt32BE(at + 2) - this.#streamWindow;
      this.#streamWindow += change;
      for (const stream of this.#streams.values()) stream.window += change;
    }
    this.#write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
    for (const stream of this.#blocked) this.#send(stream);
  }

  #windowUpdate(stream, id, increment) {
    if (id === 0) this.#connectionWindow += increment;
    else if (stream !== undefined) stream.window += increment;
    for (const blocked of this.#blocked) this.#send(blocked);
  }

  #end() {
    for (const { resolve } of this.#streams.values()) resolve(false);
    this.#streams.clear();
  }
}

/** An answer that fails has its headers and its trailers in one, so it tells a :status; trailers of success do not. */
function saysFailure(payload) {
  return payload.includes(GRPC_STATUS)
    ? payload[payload.indexOf(GRPC_STATUS) + GRPC_STATUS.length + 1] !== 48
    : payload[0] === 0x88;
}

function frameHead(type, flags, id, length) {
  const head = Buffer.allocUnsafe(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return head;
}

const frame = (type, flags, id, payload) => Buffer.concat([frameHead(type, flags, id, payload.length), payload]);

function number(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string of HPACK, shorter than 127 bytes. */
function text(string) {
  return Buffer.concat([Buffer.from([string.length]), Buffer.from(string, "latin1")]);
}
