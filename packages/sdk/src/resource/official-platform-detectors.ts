/** The detectors of platforms as the official packages have them: ready-made objects. */
import type { ResourceDetector } from "./detector.ts";
import { AwsBeanstalkDetector } from "./detectors/aws-beanstalk-detector.ts";
import { AwsEc2Detector } from "./detectors/aws-ec2-detector.ts";
import { AwsEcsDetector } from "./detectors/aws-ecs-detector.ts";
import { AwsEksDetector } from "./detectors/aws-eks-detector.ts";
import { AwsLambdaDetector } from "./detectors/aws-lambda-detector.ts";
import {
  AzureAppServiceDetector,
  AzureContainerAppsDetector,
  AzureFunctionsDetector,
  AzureVmDetector,
} from "./detectors/azure-detectors.ts";
import { ContainerDetector } from "./detectors/container-detector.ts";
import { GcpDetector } from "./detectors/gcp-detector.ts";

export const awsBeanstalkDetector: ResourceDetector = new AwsBeanstalkDetector();
export const awsEc2Detector: ResourceDetector = new AwsEc2Detector();
export const awsEcsDetector: ResourceDetector = new AwsEcsDetector();
export const awsEksDetector: ResourceDetector = new AwsEksDetector();
export const awsLambdaDetector: ResourceDetector = new AwsLambdaDetector();
export const azureAppServiceDetector: ResourceDetector = new AzureAppServiceDetector();
export const azureContainerAppsDetector: ResourceDetector = new AzureContainerAppsDetector();
export const azureFunctionsDetector: ResourceDetector = new AzureFunctionsDetector();
export const azureVmDetector: ResourceDetector = new AzureVmDetector();
export const containerDetector: ResourceDetector = new ContainerDetector();
export const gcpDetector: ResourceDetector = new GcpDetector();
