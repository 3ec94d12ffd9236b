import { PolicyPack } from "@pulumi/policy";
import { checkConfigurations } from "./configuration";
import { ownPolicies, packPolicies } from "./pack";

const policies = packPolicies();
checkConfigurations(new Set(policies.map(({ name }) => name)), Object.values(ownPolicies));

// Rules without a level of their own are mandatory.
new PolicyPack("redoubt", { enforcementLevel: "mandatory", policies });
