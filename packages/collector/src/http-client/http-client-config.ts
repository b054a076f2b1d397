/** How Prometheus's clients reach a server: TLS and who we are. */
import { boolean, field, list, map, optional, section, string, type Fields, type Schema } from "../schema/schema.ts";
import type { Place } from "../schema/place.ts";
import { checkProxy, type ProxyConfig, proxyFields } from "./proxy-config.ts";

export interface TlsClientConfig {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca_file: string | undefined;
  readonly cert_file: string | undefined;
  readonly key_file: string | undefined;
  readonly server_name: string | undefined;
  readonly insecure_skip_verify: boolean;
  readonly min_version: string | undefined;
  readonly max_version: string | undefined;
}

export interface BasicAuthConfig {
  readonly username: string;
  readonly username_file: string | undefined;
  readonly password: string;
  readonly password_file: string | undefined;
}

export interface AuthorizationConfig {
  readonly type: string;
  readonly credentials: string;
  readonly credentials_file: string | undefined;
}

export interface OAuth2Config extends ProxyConfig {
  readonly client_id: string;
  readonly client_secret: string;
  readonly client_secret_file: string | undefined;
  readonly scopes: readonly string[];
  readonly token_url: string;
  readonly endpoint_params: Readonly<Record<string, string>>;
  readonly tls_config: TlsClientConfig;
}

export interface HttpHeaderConfig {
  readonly values: readonly string[];
  readonly secrets: readonly string[];
  readonly files: readonly string[];
}

export interface HttpClientConfig extends ProxyConfig {
  readonly basic_auth: BasicAuthConfig | undefined;
  readonly authorization: AuthorizationConfig | undefined;
  readonly bearer_token: string | undefined;
  readonly bearer_token_file: string | undefined;
  readonly oauth2: OAuth2Config | undefined;
  readonly tls_config: TlsClientConfig;
  readonly follow_redirects: boolean;
  readonly enable_http2: boolean;
  readonly http_headers: Readonly<Record<string, HttpHeaderConfig>>;
}

const tls: Schema<TlsClientConfig> = section<TlsClientConfig>(
  {
    ca: field(optional(string), undefined, "The authorities to trust, PEM."),
    cert: field(optional(string), undefined, "Our own certificate, PEM."),
    key: field(optional(string), undefined, "Its key, PEM."),
    ca_file: field(optional(string), undefined, "The file of the authorities."),
    cert_file: field(optional(string), undefined, "The file of our certificate."),
    key_file: field(optional(string), undefined, "The file of its key."),
    server_name: field(optional(string), undefined, "The name that the server's certificate must bear."),
    insecure_skip_verify: field(boolean, false, "Whether to take any certificate."),
    min_version: field(optional(string), undefined, "`TLS12` or another."),
    max_version: field(optional(string), undefined, "`TLS13` or another."),
  },
  ({ cert, cert_file, key, key_file }, place) => {
    const hasCert = (cert ?? cert_file) !== undefined;
    if (hasCert !== ((key ?? key_file) !== undefined)) {
      place.problem("exactly one of key or key_file must be configured when a client certificate is configured");
    }
  },
);

const basicAuth: Schema<BasicAuthConfig> = section<BasicAuthConfig>({
  username: field(string, "", "The user."),
  username_file: field(optional(string), undefined, "A file with the user's name."),
  password: field(string, "", "The password."),
  password_file: field(optional(string), undefined, "A file with the password."),
});

const authorization: Schema<AuthorizationConfig> = section<AuthorizationConfig>({
  type: field(string, "Bearer", "Stands before the credentials."),
  credentials: field(string, "", "What is sent."),
  credentials_file: field(optional(string), undefined, "A file with it."),
});

const oauth2: Schema<OAuth2Config> = section<OAuth2Config>({
  client_id: field(string, "", "Who we are."),
  client_secret: field(string, "", "Our secret."),
  client_secret_file: field(optional(string), undefined, "A file with it."),
  scopes: field(list(string), undefined, "What we ask for."),
  token_url: field(string, "", "Where tokens are made."),
  endpoint_params: field(map(string), undefined, "More parameters for it."),
  tls_config: field(tls, undefined, "TLS towards it."),
  ...proxyFields,
});

const httpHeader: Schema<HttpHeaderConfig> = section<HttpHeaderConfig>({
  values: field(list(string), undefined, "Values."),
  secrets: field(list(string), undefined, "Values that are not shown."),
  files: field(list(string), undefined, "Files with values."),
});

export const httpClientFields: Fields<HttpClientConfig> = {
  basic_auth: field(optional(basicAuth), undefined, "User and password."),
  authorization: field(optional(authorization), undefined, "The `Authorization` header."),
  bearer_token: field(optional(string), undefined, "The same for a bearer token, deprecated."),
  bearer_token_file: field(optional(string), undefined, "A file with it, deprecated."),
  oauth2: field(optional(oauth2), undefined, "OAuth 2.0 client credentials."),
  tls_config: field(tls, undefined, "TLS."),
  follow_redirects: field(boolean, true, "Whether to go where the server points."),
  enable_http2: field(boolean, true, "Accepted; HTTP/1.1 is spoken."),
  http_headers: field(map(httpHeader), undefined, "More headers."),
  ...proxyFields,
};

/** Faults between the settings, in Prometheus's words. */
export function checkHttpClient(config: HttpClientConfig, place: Place): void {
  const { basic_auth, authorization: header, bearer_token, bearer_token_file, oauth2: token } = config;
  if (bearer_token !== undefined && bearer_token_file !== undefined) {
    place.problem("at most one of bearer_token & bearer_token_file must be configured");
  }
  const bearer = bearer_token ?? bearer_token_file;
  if ([basic_auth, header, bearer, token].filter((one) => one !== undefined).length > 1) {
    place.problem(
      "at most one of basic_auth, oauth2, authorization, bearer_token & bearer_token_file must be configured",
    );
  }
  if (header?.type.trim().toLowerCase() === "basic") {
    place.problem('authorization type cannot be set to "basic", use "basic_auth" instead');
  }
  if (token !== undefined && token.client_id === "") place.problem("oauth2 client_id must be configured");
  if (token !== undefined && token.token_url === "") place.problem("oauth2 token_url must be configured");
  if (token !== undefined) checkProxy(token, place.at("oauth2"));
  checkProxy(config, place);
}
