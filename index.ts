import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Access } from "./components/access/access";
import { readArtifacts } from "./components/config/artifacts";
import { clusterLayout } from "./components/config/layout";
import { readSettings } from "./components/config/settings";
import { ControlPlane } from "./components/control-plane/control-plane";
import { renderEncryptionConfiguration } from "./components/control-plane/encryption";
import { EtcdCluster } from "./components/etcd/etcd-cluster";
import { HardenedHost } from "./components/hosts/hardened-host";
import { LocalMachines } from "./components/hosts/local";
import { CoreDns } from "./components/network/coredns";
import { NetworkPolicies } from "./components/network/network-policies";
import { ConnectivityProbe } from "./components/network/probe";
import { Node } from "./components/node/node";
import { ClusterPki } from "./components/pki/cluster-pki";

const settings = readSettings(new pulumi.Config("redoubt"), pulumi.getStack());
const layout = clusterLayout(settings);
