/**
 * A rule of AWS X-Ray's centralized sampling, and which spans it is for.
 * Source: AWS X-Ray API reference, `SamplingRule`; developer guide, "Configuring sampling rules".
 */
import type { Attributes } from "@opentelemetry/api";
import { wildcardMatcher } from "../../../common/wildcard.ts";
import type { Resource } from "../../../resource/resource.ts";

export interface SamplingRule {
  readonly RuleName: string;
  /** The lower is asked first. */
  readonly Priority: number;
  /** How many a second are sampled before the rate counts. */
  readonly ReservoirSize: number;
  /** The share of all others, 0 to 1. */
  readonly FixedRate: number;
  readonly ServiceName: string;
  readonly ServiceType: string;
  readonly Host: string;
  readonly HTTPMethod: string;
  readonly URLPath: string;
  readonly ResourceARN: string;
  readonly Attributes?: Readonly<Record<string, string>>;
}

/** Says whether a rule is for a span with these attributes. */
export type RuleMatcher = (attributes: Attributes, resource: Resource) => boolean;

// cloud.platform --> what X-Ray calls the service
const SERVICE_TYPES: Readonly<Record<string, string>> = {
  aws_lambda: "AWS::Lambda::Function",
  aws_elastic_beanstalk: "AWS::ElasticBeanstalk::Environment",
  aws_ec2: "AWS::EC2::Instance",
  aws_ecs: "AWS::ECS::Container",
  aws_eks: "AWS::EKS::Container",
};
const ARN_ATTRIBUTES = ["aws.ecs.container.arn", "aws.ecs.cluster.arn", "aws.eks.cluster.arn"];

export function ruleMatcher(rule: SamplingRule): RuleMatcher {
  const [host, method, service] = [rule.Host, rule.HTTPMethod, rule.ServiceName].map(matcher);
  const [path, type, arn] = [rule.URLPath, rule.ServiceType, rule.ResourceARN].map(matcher);
  const ofAttributes = Object.entries(rule.Attributes ?? {}).map(([key, pattern]) => [key, matcher(pattern)] as const);
  return (attributes, resource) =>
    ofAttributes.every(([key, matches]) => matches(attributes[key])) &&
    host?.(attributes["server.address"] ?? attributes["client.address"]) === true &&
    method?.(attributes["http.request.method"]) === true &&
    service?.(resource.attributes["service.name"] ?? "") === true &&
    path?.(pathOf(attributes)) === true &&
    type?.(serviceTypeOf(resource)) === true &&
    arn?.(arnOf(attributes, resource)) === true;
}

/** `*` is for what is not known, too. Case does not matter. */
function matcher(pattern = ""): (value: unknown) => boolean {
  if (pattern === "*") return () => true;
  const matches = wildcardMatcher(pattern.toLowerCase());
  return (value) => typeof value === "string" && matches(value.toLowerCase());
}

function pathOf(attributes: Attributes): unknown {
  const path = attributes["url.path"];
  const url = attributes["url.full"];
  if (path !== undefined || typeof url !== "string" || !URL.canParse(url)) return path ?? "/";
  return new URL(url).pathname;
}

function serviceTypeOf({ attributes }: Resource): string | undefined {
  const platform = attributes["cloud.platform"];
  return typeof platform === "string" ? SERVICE_TYPES[platform] : undefined;
}

function arnOf(attributes: Attributes, resource: Resource): unknown {
  const name = ARN_ATTRIBUTES.find((key) => resource.attributes[key] !== undefined);
  if (name !== undefined) return resource.attributes[name];
  if (resource.attributes["cloud.platform"] !== "aws_lambda") return undefined;
  return resource.attributes["cloud.resource_id"] ?? attributes["aws.lambda.invoked_arn"];
}
