import { ClewError } from "@clew/base";
import { parseAddress, type Address } from "../net/address.ts";
import { string, type Schema } from "./schema.ts";

/** `host:port`. */
export const endpoint: Schema<Address> = {
  type: "host:port",
  read(raw, place) {
    const text = string.read(raw, place);
    try {
      return parseAddress(text, place.path);
    } catch (error) {
      if (!(error instanceof ClewError)) throw error;
      place.problem(error.what, error.remedy);
      return { host: "127.0.0.1", port: 0 };
    }
  },
};
