import { addressOf } from "../target-labels.ts";
/** Where the API is and who we are there: in the cluster we run in, or as the settings say. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Place } from "../../schema/place.ts";
import { section } from "../../schema/schema.ts";
import { httpClientFields, type HttpClientConfig } from "../../http-client/http-client-config.ts";

/** A client of which nothing is said. */
export const defaultHttpClient: HttpClientConfig = section<HttpClientConfig>(httpClientFields).read(
  undefined,
  new Place("", []),
);

/** How the next request is made. */
export interface Access {
  /** The API's base, without a slash at its end. */
  readonly url: string;
  readonly client: HttpClientConfig;
  /** More headers, of which some may be sent more than once. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Asked before each request, so that files can be changed while we run. */
export interface AccessSource {
  access(): Promise<Access>;
  /** The API knew us not: what was kept of our credentials is of no use. */
  refused(): void;
}

/** What a pod finds around itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the service account's token, its authority and its namespace are. */
  readonly serviceAccountDirectory: string;
}

export const ownSurroundings: Surroundings = {
  env: process.env,
  serviceAccountDirectory: "/var/run/secrets/kubernetes.io/serviceaccount",
};

export function inCluster({ env, serviceAccountDirectory }: Surroundings): AccessSource {
  return fromMaker(() => {
    const host = env["KUBERNETES_SERVICE_HOST"] ?? "";
    const port = env["KUBERNETES_SERVICE_PORT"] ?? "";
    if (host === "" || port === "") {
      throw new Error(
        "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined",
      );
    }
    const authorization = {
      type: "Bearer",
      credentials: "",
      credentials_file: join(serviceAccountDirectory, "token"),
    };
    const tls_config = { ...defaultHttpClient.tls_config, ca_file: join(serviceAccountDirectory, "ca.crt") };
    return {
      url: `https://${addressOf(host, Number(port))}`,
      client: { ...defaultHttpClient, authorization, tls_config, proxy_from_environment: true },
    };
  });
}

/** The namespace of the pod that we are. */
export async function ownNamespace({ serviceAccountDirectory }: Surroundings): Promise<string> {
  const name = await readFile(join(serviceAccountDirectory, "namespace"), "utf8").catch((cause: unknown) => {
    throw new Error(`could not determine the pod's namespace: ${String(cause)}`, { cause });
  });
  if (name.trim() === "") throw new Error("could not read own namespace name (empty file)");
  return name.trim();
}

export function atServer(apiServer: string, client: HttpClientConfig): AccessSource {
  return fromMaker(() => ({ url: baseUrl(apiServer, "http"), client }));
}

/** `host:port` is a URL, too. */
export function baseUrl(server: string, scheme: "http" | "https"): string {
  const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(server) ? server : `${scheme}://${server}`);
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function fromMaker(make: () => Access): AccessSource {
  // Nothing is kept.
  return { access: () => Promise.resolve().then(make), refused: () => {} };
}
