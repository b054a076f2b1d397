/** The two commands, for whoever offers them under another name. */
export { bootstrap } from "./bootstrap/bootstrap.ts";
export { instrument } from "./command/instrument.ts";
