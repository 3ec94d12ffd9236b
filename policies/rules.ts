import { aggregationRules } from "./aggregation";
import { apiServerRules } from "./api-server";
import { authorizationRules } from "./authorization";
import { awsRules } from "./aws";
import { certificateRules } from "./certificates";
import { controllerRules } from "./controllers";
import { etcdRules } from "./etcd";
import { fileRules } from "./files";
import { hostRules } from "./hosts";
import { networkRules } from "./network";
import { nodeRules } from "./nodes";
import { registryRules } from "./registries";
import type { Rule } from "./rule";
import { secretRules, type SecretnessBook } from "./secrets";

/** Every rule, in the order of the page of rules. @param secretness What is secret in this run. */
export function allRules(secretness: SecretnessBook): readonly Rule[] {
  return [
    ...hostRules,
    ...certificateRules,
    ...apiServerRules,
    ...aggregationRules,
    ...controllerRules,
    ...nodeRules,
    ...registryRules,
    ...fileRules,
    ...authorizationRules,
    ...networkRules,
    ...secretRules(secretness),
    ...etcdRules,
    ...awsRules,
  ];
}
