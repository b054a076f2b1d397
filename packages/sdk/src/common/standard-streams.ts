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

function write(name: "stdout" | "stderr", line: string): void {
  try {
    const stream = process[name];
    if (unwritten[name]++ === 0) stream.on("error", ignore);
    // The event may come behind the callback.
    stream.write(`${line}\n`, () =>
      setImmediate(() => {
        if (--unwritten[name] === 0) stream.off("error", ignore);
      }),
    );
  } catch {
    // There is no such stream: nobody reads.
  }
}

function ignore(): void {}
