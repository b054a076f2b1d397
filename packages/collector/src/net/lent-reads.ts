/**
 * Reads all connections into one buffer. Left alone, Node takes 64 KiB of fresh memory for each
 * read and copies what has come into another piece: with many connections that is a tenth of a
 * collector's CPU (docs/adr/0009-own-http-servers.md). `net.Socket` reads into a buffer of its
 * owner's (`onread`), but only `net.connect` can ask for it, so an accepted connection is given
 * to a socket of our own by way of its handle. Where Node has no such handle (TLS), sockets
 * stay as they are, and their reads are events as usual.
 */
import { Socket, type OnReadOpts, type SocketConstructorOpts } from "node:net";

/** More than a socket holds is not read at once. */
const READ_BYTES = 256 * 1024;
const SHARED: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

type Take = (lent: Buffer) => void;

// Sockets that read into the shared buffer --> who takes it
const takers = new WeakMap<Socket, Take>();

/** The socket of a connection that was accepted with `pauseOnConnect` and has no listeners yet; `accepted` may be of no more use. */
export function lendingSocket(accepted: Socket): Socket {
  const handle = handleOf(accepted);
  if (handle === undefined) return accepted;
  const onread = {
    buffer: SHARED,
    callback(length: number): boolean {
      takers.get(socket)?.(SHARED.subarray(0, length));
      return true;
    },
  };
  const options: SocketConstructorOpts & { handle: object; pauseOnCreate: boolean; onread: OnReadOpts } = {
    handle,
    allowHalfOpen: true,
    pauseOnCreate: true,
    onread,
  };
  const socket = new Socket(options);
  Reflect.set(accepted, "_handle", null);
  accepted.destroy();
  return socket;
}

/** Gives all that `socket` reads to `take`. A buffer is only lent: it is overwritten once `take` has returned. */
export function takeReads(socket: Socket, take: Take): void {
  takers.set(socket, take);
  socket.on("data", take); // Never comes from a socket that lends.
  socket.resume();
}

function handleOf(socket: Socket): object | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  const lends = typeof handle === "object" && handle !== null && "useUserBuffer" in handle;
  return lends ? handle : undefined;
}
