import { hostSource } from "./components/config/host-source";
import { provideHosts } from "./components/hosts/provide-hosts";
import { grantAccess, guardNeighbours, guardTokens } from "./stack/access";
import { readBlueprint } from "./stack/blueprint";
import { certifyPeople, issueCertificates } from "./stack/certificates";
import { inCluster } from "./stack/cluster-objects";
import { startControlPlane } from "./stack/control-plane";
import { hardenHosts } from "./stack/hosts";
import { serveMetrics } from "./stack/metrics";
import { denyByDefault, probeNetwork, serveDns } from "./stack/network";
import { joinNodes } from "./stack/nodes";
import { stackOutputs } from "./stack/outputs";

// What the configuration asks for.
const blueprint = readBlueprint();
const { settings, layout, catalogue } = blueprint;

// Every certificate, and machines, whoever provides them; one that was there before must be of no other cluster.
const pki = issueCertificates(blueprint);
const source = hostSource(settings, layout, catalogue);
const machines = provideHosts("machines", source, pki.kubernetesAuthority.trusted);
const people = certifyPeople(blueprint, pki);

// Hosts, hardened, each with its own keys.
const hosts = hardenHosts(blueprint, machines, pki, people);
const controlPlanes = hosts.filter(({ spec }) => spec.role === "control-plane");
const [firstControlPlane] = controlPlanes;
if (firstControlPlane === undefined) throw new Error("hosts.controlPlanes must be at least 1");

// etcd, API servers with their authentication and authorization, nodes: they start together and wait for each other.
const controlPlane = startControlPlane(blueprint, controlPlanes);
const nodes = joinNodes(blueprint, machines, hosts, controlPlane);

// Roles and who has them; default deny with its exceptions, and DNS; no token that nobody asked for, and nobody at another's expense;
// figures of what nodes and pods use, if wanted.
const objects = inCluster(blueprint, pki, controlPlane, machines);
const access = grantAccess(blueprint, controlPlanes, controlPlane, objects);
const policies = denyByDefault(blueprint, controlPlanes, objects);
const dns = serveDns(blueprint, objects);
guardTokens(blueprint, policies, objects);
guardNeighbours(blueprint, objects);
serveMetrics(blueprint, pki, machines, controlPlanes, objects);

// The proof: real connections, allowed and denied.
const probe = probeNetwork(blueprint, firstControlPlane, dns, [access, policies, ...nodes]);

// What the user needs next.
export = stackOutputs(blueprint, { machines, pki, people, hosts, probe });
