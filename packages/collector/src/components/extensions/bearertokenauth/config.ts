import { field, list, secret, section, string, type Schema } from "../../../schema/schema.ts";

export interface BearertokenauthConfig {
  readonly header: string;
  readonly scheme: string;
  readonly token: string;
  readonly tokens: readonly string[];
  readonly filename: string;
}

export const schema: Schema<BearertokenauthConfig> = section<BearertokenauthConfig>(
  {
    header: field(string, "Authorization", "The header that bears the token."),
    scheme: field(string, "Bearer", "What stands before the token; may be empty."),
    token: field(secret, "", "The token."),
    tokens: field(list(secret), undefined, "Several tokens: each is taken from clients, the first is sent to servers."),
    filename: field(
      string,
      "",
      "A file of tokens, one a line, read again when it changes; stands in place of the others.",
    ),
  },
  ({ token, tokens, filename }, place) => {
    if (token === "" && tokens.length === 0 && filename === "")
      place.problem("no bearer token provided", "set token, tokens or filename");
    if (token !== "" && tokens.length > 0) place.problem("either tokens or token should be set, not both");
  },
);
