import { type DetectorConfig, detected, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { readLocalFile } from "./local-file.ts";

const CONFIGURATION =
  process.platform === "win32"
    ? "C:\\Program Files\\Amazon\\XRay\\environment.conf"
    : "/var/elasticbeanstalk/xray/environment.conf";

interface EnvironmentConfiguration {
  readonly environment_name?: string;
  readonly version_label?: string;
  readonly deployment_id?: number;
}

/** `service.*` and `cloud.*` on Elastic Beanstalk, from the file that it writes for X-Ray's daemon. */
export class AwsBeanstalkDetector implements ResourceDetector {
  readonly #root: string | undefined;

  constructor(config: DetectorConfig = {}) {
    this.#root = config.root;
  }

  detect(): DetectedResource {
    return detected(this.#detect());
  }

  async #detect(): Promise<Record<string, string | undefined>> {
    const text = await readLocalFile(this.#root, CONFIGURATION);
    if (text === undefined) return {};
    const { environment_name, version_label, deployment_id } = JSON.parse(text) as EnvironmentConfiguration;
    return {
      "cloud.provider": "aws",
      "cloud.platform": "aws_elastic_beanstalk",
      "service.name": "aws_elastic_beanstalk",
      "service.namespace": environment_name,
      "service.version": version_label,
      "service.instance.id": deployment_id?.toString(),
    };
  }
}
