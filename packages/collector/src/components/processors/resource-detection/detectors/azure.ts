import type { DetectorWorld, Detected } from "../detector.ts";

const AZURE = "http://169.254.169.254/metadata/instance/compute?api-version=2020-09-01&format=json";

interface Compute {
  readonly location?: string;
  readonly name?: string;
  readonly vmId?: string;
  readonly vmSize?: string;
  readonly subscriptionId?: string;
  readonly resourceGroupName?: string;
  readonly vmScaleSetName?: string;
  readonly zone?: string;
  readonly osProfile?: { readonly computerName?: string };
}

/** Azure's instance metadata. */
export async function detectAzure({ get }: DetectorWorld, url: string = AZURE): Promise<Detected> {
  const compute = JSON.parse(await get(url, { headers: { metadata: "true" } })) as Compute;
  return {
    "cloud.provider": "azure",
    "cloud.platform": "azure_vm",
    "cloud.region": compute.location,
    "cloud.account.id": compute.subscriptionId,
    "cloud.availability_zone": compute.zone,
    "host.id": compute.vmId,
    "host.name": compute.osProfile?.computerName ?? compute.name,
    "azure.vm.name": compute.name,
    "azure.vm.size": compute.vmSize,
    "azure.vm.scaleset.name": compute.vmScaleSetName,
    "azure.resourcegroup.name": compute.resourceGroupName,
  };
}
