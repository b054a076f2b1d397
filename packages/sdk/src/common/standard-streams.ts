/**
 * Lines that our own parts tell the user from inside somebody's application. Where nobody reads any more (the other
 * end of the pipe is closed, its process is dead) they go nowhere: written to the stream itself, the failure would be
 * an `error` event that nobody listens to, and so an uncaught exception of the application.
 */
import { Console } from "node:console";

let output: Console | undefined;
let errors: Console | undefined;

/** Writes a line to standard output. Never throws, and nothing that the stream does reaches the application. */
export function writeOutputLine(line: string): void {
  output ??= new Console({ stdout: process.stdout, ignoreErrors: true });
  output.log(line);
}

/** Writes a line to standard error, as {@link writeOutputLine} does. */
export function writeErrorLine(line: string): void {
  errors ??= new Console({ stdout: process.stderr, ignoreErrors: true });
  errors.log(line);
}
