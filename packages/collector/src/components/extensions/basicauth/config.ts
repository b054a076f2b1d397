import { field, optional, secret, section, string, type Schema } from "../../../schema/schema.ts";

export interface ClientAuthConfig {
  readonly username: string;
  readonly password: string;
  readonly username_file: string;
  readonly password_file: string;
}

export interface HtpasswdConfig {
  readonly file: string;
  readonly inline: string;
}

export interface BasicauthConfig {
  readonly htpasswd: HtpasswdConfig | undefined;
  readonly client_auth: ClientAuthConfig | undefined;
}

export const schema: Schema<BasicauthConfig> = section<BasicauthConfig>(
  {
    htpasswd: field(
      optional(
        section<HtpasswdConfig>({
          file: field(string, "", "A file as Apache's `htpasswd` writes it."),
          inline: field(secret, "", "The same as text; of a name in both, this one counts."),
        }),
      ),
      undefined,
      "Who may send, where it authenticates clients.",
    ),
    client_auth: field(
      optional(
        section<ClientAuthConfig>({
          username: field(string, "", "The name."),
          password: field(secret, "", "The password."),
          username_file: field(string, "", "A file with the name, read again when it changes."),
          password_file: field(string, "", "A file with the password, read again when it changes."),
        }),
      ),
      undefined,
      "Who we are, where it authenticates us to a server.",
    ),
  },
  ({ htpasswd, client_auth: client }, place) => {
    if (htpasswd !== undefined && client !== undefined)
      place.problem("only one of `htpasswd` or `client_auth` can be specified");
    const hasUsers = htpasswd !== undefined && (htpasswd.file !== "" || htpasswd.inline !== "");
    if (!hasUsers && client === undefined)
      place.problem("no credential source provided", "set htpasswd or client_auth");
    if (client?.username.includes(":") === true) place.problem("invalid authorization format", "names have no colon");
  },
);
