import type { Writable } from "node:stream";

/**
 * Lines that our own parts tell the user from inside somebody's application. Where nobody reads any more (the other
 * end of the pipe is closed, its process is dead) they go nowhere: the failure would be an `error` event that nobody
 * listens to, and so an uncaught exception of the application. `console` does not help: it stops listening too early
 * for a stream that is made by this very write.
 */

/** Writes a line to standard output. Never throws, and nothing that the stream does with it reaches the application. */
export function writeOutputLine(line: string): void {
  write("stdout", line);
}

/** Writes a line to standard error, as {@link writeOutputLine} does. */
export function writeErrorLine(line: string): void {
  write("stderr", line);
}

/** Lines that are being written. */
const unwritten = { stdout: 0, stderr: 0 };
/** Those who wait until there are none. */
const waiting: (() => void)[] = [];
/** Until when a line may hold the thread, by `performance.now()`. */
let holdUntilMs = 0;

/** How long a full pipe is left alone before it is tried again. */
const FULL_PIPE_MS = 1;

/** Resolves when no line is being written any more: a pipe may be full until somebody reads. */
export function linesAreWritten(): Promise<void> {
  return unwritten.stdout + unwritten.stderr === 0
    ? Promise.resolve()
    : new Promise((resolve) => waiting.push(resolve));
}

/** From now on the process may end at any moment: a line that a full pipe does not take holds the thread, so long. */
export function holdForLines(timeoutMillis: number): void {
  holdUntilMs = performance.now() + timeoutMillis;
}

function write(name: "stdout" | "stderr", line: string): void {
  try {
    const stream = process[name];
    if (writeHolding(stream, `${line}\n`)) return;
    if (unwritten[name]++ === 0) stream.on("error", ignore);
    // The event may come behind the callback.
    stream.write(`${line}\n`, () =>
      setImmediate(() => {
        if (--unwritten[name] === 0) stream.off("error", ignore);
        if (unwritten.stdout + unwritten.stderr === 0) for (const resolve of waiting.splice(0)) resolve();
      }),
    );
  } catch {
    // There is no such stream, or nobody reads.
  }
}

/**
 * Writes to a pipe before it returns, if the process may end at any moment ({@link holdForLines}) and nothing waits in
 * front. Returns whether it did. Throws when nobody reads, or not in time.
 */
export function writeHolding(stream: Writable, text: string): boolean {
  if (holdUntilMs === 0 || stream.writableLength > 0) return false;
  const fd = pipeOf(stream);
  if (fd === undefined) return false;
  const { writeSync } = process.getBuiltinModule("node:fs");
  for (let left = Buffer.from(text); left.length > 0;) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EAGAIN" || performance.now() > holdUntilMs) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
    }
  }
  return true;
}

/** Files and terminals are written at once anyway, and what somebody put in a stream's place has its own ways. */
function pipeOf(stream: Writable): number | undefined {
  const { Socket } = process.getBuiltinModule("node:net");
  if (!(stream instanceof Socket) || Object.hasOwn(stream, "write")) return undefined;
  if (stream === process.stdout) return process.stdout.fd;
  return stream === process.stderr ? process.stderr.fd : undefined;
}

function ignore(): void {}
