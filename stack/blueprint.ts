import * as pulumi from "@pulumi/pulumi";
import {
  artifactsFor,
  checkArtifactArchitecture,
  checkArtifactParts,
  checkArtifactVersion,
  readArtifacts,
  type Artifacts,
} from "../components/config/artifacts";
import { hostArchitecture } from "../components/config/host-architecture";
import { clusterLayout, type ClusterLayout } from "../components/config/layout";
import type { Settings } from "../components/config/schema";
import { readSettings } from "../components/config/settings";
import { trustedIssuers, type Issuers } from "./issuers";

/** What the stack is to be, worked out from its configuration alone before anything is registered. */
export interface Blueprint {
  readonly settings: Settings;
  /** Names and addresses. */
  readonly layout: ClusterLayout;
  /** Programs and images that hosts install. */
  readonly catalogue: Artifacts;
  /** Who vouches for people. */
  readonly issuers: Issuers;
}

/**
 * Reads the configuration of the stack.
 *
 * @throws naming every setting that is wrong, its value and the fix.
 */
export function readBlueprint(): Blueprint {
  const settings = readSettings(new pulumi.Config("redoubt"), pulumi.getStack());
  const layout = clusterLayout(settings);
  const catalogue = artifactsFor(settings.hosts.provider, readArtifacts(), settings.hosts.artifacts);
  checkArtifactVersion(catalogue, settings.kubernetes.version);
  checkArtifactArchitecture(catalogue, hostArchitecture(settings.hosts));
  checkArtifactParts(catalogue, settings);
  return { settings, layout, catalogue, issuers: trustedIssuers(settings, layout) };
}
