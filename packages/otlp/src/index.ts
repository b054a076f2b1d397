export { nanosParts, Writer } from "./wire/writer.ts";
