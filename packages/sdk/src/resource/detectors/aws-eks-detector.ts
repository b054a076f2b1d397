import { httpFetch } from "../../common/http-fetch.ts";
import { readText } from "../../config/environment.ts";
import { type DetectorConfig, detected, METADATA_TIMEOUT_MS, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { containerId } from "./container-detector.ts";
import { readLocalFile } from "./local-file.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const API_SERVER = "https://kubernetes.default.svc";
const AUTH_CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
const CLUSTER_INFO_CONFIG_MAP = "/api/v1/namespaces/amazon-cloudwatch/configmaps/cluster-info";
// https://oidc.eks.{region}.amazonaws.com/id/…
const EKS_ISSUER = /^https:\/\/oidc\.eks\.([a-z0-9-]+)\.amazonaws\.com/;

/**
 * `cloud.*` and `k8s.cluster.name` on EKS. The service account's token names who issued it; where it does not,
 * EKS is known by its config map `aws-auth`, and the cluster's name by that of CloudWatch's agent.
 */
export class AwsEksDetector implements ResourceDetector {
  readonly #config: DetectorConfig;

  constructor(config: DetectorConfig = {}) {
    this.#config = config;
  }

  detect(): DetectedResource {
    const isOnKubernetes = readText(this.#config.env ?? process.env, "KUBERNETES_SERVICE_HOST") !== undefined;
    return isOnKubernetes ? detected(this.#detect()) : {};
  }

  async #detect(): Promise<Record<string, string | undefined>> {
    const { root } = this.#config;
    const token = await readLocalFile(root, `${SERVICE_ACCOUNT}/token`);
    if (token === undefined) return {};
    const region = EKS_ISSUER.exec(issuerOf(token))?.[1];
    if (region === undefined && (await this.#configMap(AUTH_CONFIG_MAP, token)) === undefined) return {};
    return {
      "cloud.provider": "aws",
      "cloud.platform": "aws_eks",
      "cloud.region": region,
      "k8s.cluster.name": (await this.#configMap(CLUSTER_INFO_CONFIG_MAP, token))?.["cluster.name"],
      "container.id": await containerId(root),
    };
  }

  /** What a config map holds; `undefined` when there is none, or none that this pod may read. */
  async #configMap(path: string, token: string): Promise<Readonly<Record<string, string>> | undefined> {
    const { root, metadataUrl = API_SERVER } = this.#config;
    const ca = await readLocalFile(root, `${SERVICE_ACCOUNT}/ca.crt`);
    try {
      const { body } = await httpFetch(`${metadataUrl}${path}`, {
        headers: { Authorization: `Bearer ${token}` },
        timeoutMs: METADATA_TIMEOUT_MS,
        ...(ca !== undefined && { ca: Buffer.from(ca) }),
      });
      return (JSON.parse(body) as { data?: Record<string, string> }).data ?? {};
    } catch {
      return undefined;
    }
  }
}

/** The claim `iss` of a JSON Web Token. */
function issuerOf(token: string): string {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    return (JSON.parse(payload) as { iss?: string }).iss ?? "";
  } catch {
    return "";
  }
}
