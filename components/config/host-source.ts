import type { AwsInstancesArgs } from "../hosts/aws";
import type { HostSpec } from "../hosts/host";
import type { Bastion, InventorySource, InventoryHost, Login } from "../hosts/inventory";
import type { DeliveredFile } from "../hosts/inventory/artifact-delivery";
import type { HostSource } from "../hosts/provide-hosts";
import { requiredBaseImage, type Artifacts } from "./artifacts";
import { awsZone, type AwsNetwork } from "./aws-layout";
import { portFeatures } from "./hardening-options";
import type { InventorySettings } from "./hosts-schema";
import type { ClusterLayout } from "./layout";
import { nodePortRules } from "./node-ports";
import type { Settings } from "./schema";

/** Programs that only a control plane runs. */
const controlPlanePrograms = new Set([
  "etcd",
  "etcdctl",
  "etcdutl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "dex",
  "metrics-server",
]);
/** What decides which programs a host gets. */
type DeliverySettings = Pick<Settings, "identityProvider" | "metricsServer">;

/** Programs that no host of this cluster runs: the benchmark's, and those of parts that are not configured. */
function unusedPrograms({ identityProvider, metricsServer }: DeliverySettings): readonly string[] {
  return [
    "kubeadm",
    ...(identityProvider === undefined ? ["dex"] : []),
    ...(metricsServer.enabled ? [] : ["metrics-server"]),
  ];
}

/** What a host of the role installs, with the place in its store that the catalogue's URL names. */
export function deliveredFiles(
  { artifacts, images }: Artifacts,
  role: HostSpec["role"],
  settings: DeliverySettings,
): DeliveredFile[] {
  const unused = unusedPrograms(settings);
  const programs = Object.entries(artifacts)
    .filter(([name]) => !unused.includes(name))
    .filter(([name]) => role === "control-plane" || !controlPlanePrograms.has(name));
  return [...programs.map(([, artifact]) => artifact), ...Object.values(images)]
    .filter(({ url }) => url.startsWith("file://"))
    .map(({ localPath, url }) => ({ source: localPath, target: new URL(url).pathname }));
}

function bootstrapLogin({ bootstrap }: InventorySettings, secrets: Settings["secrets"]): Login {
  switch (bootstrap.authentication) {
    case "agent":
      return { by: "agent" };
    case "adopted":
      return { by: "stackKey" };
    case "password":
      return { by: "password", password: secrets.bootstrapPassword ?? "" };
    case "privateKey":
      return { by: "privateKey", privateKey: secrets.bootstrapPrivateKey ?? "" };
  }
}

function bastionOf({ bastion }: InventorySettings, secrets: Settings["secrets"]): Bastion | undefined {
  if (bastion === undefined) return undefined;
  const { authentication, ...where } = bastion;
  const privateKey = secrets.bastionPrivateKey ?? "";
  return { ...where, login: authentication === "agent" ? { by: "agent" } : { by: "privateKey", privateKey } };
}

function inventoryArgs(settings: Settings, layout: ClusterLayout, catalogue: Artifacts): InventorySource {
  const { inventory, adminUser, stackKeys } = settings.hosts;
  if (inventory === undefined) throw new Error("hosts.inventory is missing");
  const hosts = layout.hosts.flatMap((spec): InventoryHost[] => {
    const written = inventory.hosts.find(({ name }) => name === spec.name);
    return written === undefined ? [] : [{ ...spec, port: written.port, hostKey: written.hostKey }];
  });
  return {
    hosts,
    architecture: inventory.architecture,
    adminUser,
    stackKeys,
    bootstrap: {
      user: inventory.bootstrap.user,
      login: bootstrapLogin(inventory, settings.secrets),
    },
    bastion: bastionOf(inventory, settings.secrets),
    deliveries: ({ role }) => deliveredFiles(catalogue, role, settings),
  };
}

function awsArgs(
  settings: Settings,
  layout: ClusterLayout,
  network: AwsNetwork,
  catalogue: Artifacts,
): AwsInstancesArgs {
  const { aws, adminUser, stackKeys, sshPublicKeys, operatorCidrs } = settings.hosts;
  if (aws === undefined) throw new Error("hosts.aws is missing");
  const { allowedCidrs, endpoint } = settings.apiServer;
  const { hostedZoneId, imageId, debianRelease, architecture, access, tunnelPort } = aws;
  const dnsName =
    hostedZoneId === undefined || endpoint === undefined
      ? undefined
      : { name: endpoint, zoneId: hostedZoneId };
  return {
    ...aws,
    ...network,
    adminUser,
    stackKeys,
    sshPublicKeys,
    operatorCidrs,
    clusterName: settings.clusterName,
    hosts: layout.hosts.map((spec) => ({ ...spec, zone: awsZone(network, spec) })),
    image: imageId === undefined ? { release: debianRelease, architecture } : { id: imageId },
    access: access === "bastion" ? { by: access } : { by: access, tunnelPort },
    apiServer: {
      public: aws.apiServerPublic,
      clients: allowedCidrs.length > 0 ? allowedCidrs : operatorCidrs,
      dnsName,
    },
    features: portFeatures(settings),
    podCidr: settings.network.podCidr,
    nodePorts: nodePortRules(settings.network),
    deliveries: ({ role }) => deliveredFiles(catalogue, role, settings),
  };
}

/** Where the hosts come from, worked out from the settings. */
export function hostSource(settings: Settings, layout: ClusterLayout, catalogue: Artifacts): HostSource {
  const { awsNetwork, localNetwork } = layout;
  if (awsNetwork !== undefined) {
    return { provider: "aws", aws: awsArgs(settings, layout, awsNetwork, catalogue) };
  }
  if (localNetwork === undefined) {
    return { provider: "inventory", inventory: inventoryArgs(settings, layout, catalogue) };
  }
  const local = {
    clusterName: settings.clusterName,
    hosts: layout.hosts,
    ...localNetwork,
    adminUser: settings.hosts.adminUser,
    stackKeys: settings.hosts.stackKeys,
    baseImage: requiredBaseImage(catalogue),
    artifactStore: catalogue.cacheDir,
  };
  return { provider: "local", local };
}
