import { type Environment, readText } from "../../config/environment.ts";
import { type DetectorConfig, detected, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";

const BYTES_PER_MB = 1_024 * 1_024;

/** `faas.*` and `cloud.*` on AWS Lambda, from the variables of its runtimes. */
export class AwsLambdaDetector implements ResourceDetector {
  readonly #env: Environment;

  constructor(config: DetectorConfig = {}) {
    this.#env = config.env ?? process.env;
  }

  detect(): DetectedResource {
    const read = (name: string): string | undefined => readText(this.#env, name);
    if (read("AWS_EXECUTION_ENV")?.startsWith("AWS_Lambda_") !== true) return {};
    const memory = Number(read("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")) * BYTES_PER_MB;
    const logGroup = read("AWS_LAMBDA_LOG_GROUP_NAME");
    return detected({
      "cloud.provider": "aws",
      "cloud.platform": "aws_lambda",
      "cloud.region": read("AWS_REGION"),
      "faas.name": read("AWS_LAMBDA_FUNCTION_NAME"),
      "faas.version": read("AWS_LAMBDA_FUNCTION_VERSION"),
      "faas.instance": read("AWS_LAMBDA_LOG_STREAM_NAME"),
      "faas.max_memory": Number.isFinite(memory) ? memory : undefined,
      "aws.log.group.names": logGroup === undefined ? undefined : [logGroup],
    });
  }
}
