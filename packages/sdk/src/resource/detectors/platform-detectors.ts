/** The detectors of what is not in every process: loaded after the application has started. */
import type { DetectorConfig, ResourceDetector } from "../detector.ts";
import { AwsBeanstalkDetector } from "./aws-beanstalk-detector.ts";
import { AwsEc2Detector } from "./aws-ec2-detector.ts";
import { AwsEcsDetector } from "./aws-ecs-detector.ts";
import { AwsEksDetector } from "./aws-eks-detector.ts";
import { AwsLambdaDetector } from "./aws-lambda-detector.ts";
import {
  AzureAppServiceDetector,
  AzureContainerAppsDetector,
  AzureFunctionsDetector,
  AzureVmDetector,
} from "./azure-detectors.ts";
import { ContainerDetector } from "./container-detector.ts";
import { GcpDetector } from "./gcp-detector.ts";
import { HerokuDetector } from "./heroku-detector.ts";
import { KubernetesDetector } from "./kubernetes-detector.ts";

/** The detectors of a platform, the more particular last: they win. */
export const PLATFORM_DETECTORS: Readonly<Record<string, (config: DetectorConfig) => readonly ResourceDetector[]>> = {
  container: (config) => [new ContainerDetector(config)],
  kubernetes: (config) => [new KubernetesDetector(config)],
  aws: (config) => [
    new AwsEc2Detector(config),
    new AwsEcsDetector(config),
    new AwsEksDetector(config),
    new AwsBeanstalkDetector(config),
    new AwsLambdaDetector(config),
  ],
  gcp: (config) => [new GcpDetector(config)],
  azure: (config) => [
    new AzureVmDetector(config),
    new AzureAppServiceDetector(config),
    new AzureFunctionsDetector(config),
    new AzureContainerAppsDetector(config),
  ],
  heroku: (config) => [new HerokuDetector(config)],
};
