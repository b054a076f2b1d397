/**
 * `@clew/sdk/resource-detectors`: the detectors of platforms, which are apart so that applications load them only
 * when they run them. `startSdk` does so by itself.
 */
export { AwsBeanstalkDetector } from "./resource/detectors/aws-beanstalk-detector.ts";
export { AwsEc2Detector } from "./resource/detectors/aws-ec2-detector.ts";
export { AwsEcsDetector } from "./resource/detectors/aws-ecs-detector.ts";
export { AwsEksDetector } from "./resource/detectors/aws-eks-detector.ts";
export { AwsLambdaDetector } from "./resource/detectors/aws-lambda-detector.ts";
export {
  AzureAppServiceDetector,
  AzureContainerAppsDetector,
  AzureFunctionsDetector,
  AzureVmDetector,
} from "./resource/detectors/azure-detectors.ts";
export { ContainerDetector } from "./resource/detectors/container-detector.ts";
export { GcpDetector } from "./resource/detectors/gcp-detector.ts";
export { HerokuDetector } from "./resource/detectors/heroku-detector.ts";
export { KubernetesDetector } from "./resource/detectors/kubernetes-detector.ts";
export {
  awsBeanstalkDetector,
  awsEc2Detector,
  awsEcsDetector,
  awsEksDetector,
  awsLambdaDetector,
  azureAppServiceDetector,
  azureContainerAppsDetector,
  azureFunctionsDetector,
  azureVmDetector,
  containerDetector,
  gcpDetector,
} from "./resource/official-platform-detectors.ts";
