import { httpFetch } from "../../common/http-fetch.ts";
import { type DetectorConfig, detected, METADATA_TIMEOUT_MS, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { mayBeMachineOf } from "./local-file.ts";

const IMDS = "http://169.254.169.254";
const VENDOR = /amazon|ec2|^xen$/i;
const TOKEN_SECONDS = "60";

interface IdentityDocument {
  readonly accountId?: string;
  readonly availabilityZone?: string;
  readonly instanceId?: string;
  readonly instanceType?: string;
  readonly region?: string;
}

/** `cloud.*` and `host.*` of an EC2 instance, from its metadata service, version 2. */
export class AwsEc2Detector implements ResourceDetector {
  readonly #config: DetectorConfig;

  constructor(config: DetectorConfig = {}) {
    this.#config = config;
  }

  detect(): DetectedResource {
    return detected(this.#detect());
  }

  async #detect(): Promise<Record<string, string | undefined>> {
    const { root, metadataUrl = IMDS } = this.#config;
    if (!(await mayBeMachineOf(root, VENDOR))) return {};
    const { body: token } = await httpFetch(`${metadataUrl}/latest/api/token`, {
      method: "PUT",
      headers: { "X-aws-ec2-metadata-token-ttl-seconds": TOKEN_SECONDS },
      timeoutMs: METADATA_TIMEOUT_MS,
    });
    const options = { headers: { "X-aws-ec2-metadata-token": token }, timeoutMs: METADATA_TIMEOUT_MS };
    const [identity, hostname] = await Promise.all([
      httpFetch(`${metadataUrl}/latest/dynamic/instance-identity/document`, options),
      httpFetch(`${metadataUrl}/latest/meta-data/hostname`, options),
    ]);
    const document = JSON.parse(identity.body) as IdentityDocument;
    return {
      "cloud.provider": "aws",
      "cloud.platform": "aws_ec2",
      "cloud.account.id": document.accountId,
      "cloud.region": document.region,
      "cloud.availability_zone": document.availabilityZone,
      "host.id": document.instanceId,
      "host.type": document.instanceType,
      "host.name": hostname.body,
    };
  }
}
