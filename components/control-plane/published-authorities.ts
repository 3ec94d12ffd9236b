import {
  firstGeneration,
  isRotated,
  trustedAuthoritiesFile,
  type AuthorityGenerations,
} from "../pki/authority-generations";
import { binaryPath, paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";

/**
 * Waits until pods are told whom to trust: a controller manager writes it into a ConfigMap of every namespace, once it leads. A program
 * that starts before would know the authorities of the step before, and lose its way to the API server in the step after the next.
 *
 * @param generations Default: the first alone.
 */
export function publishedAuthorities(generations: AuthorityGenerations = firstGeneration): PlanFragment {
  if (!isRotated(generations)) return {};
  const kubectl = `${binaryPath("kubectl")} --kubeconfig=${paths.superAdminKubeconfig} --request-timeout=5s`;
  const told = `${kubectl} --namespace=kube-system get configmap kube-root-ca.crt --output='jsonpath={.data.ca\\.crt}'`;
  return {
    readiness: [
      {
        description: `pods are told to trust generation ${generations.trusted.join(" and ")} of the authority`,
        // Two that can't be read are not the same.
        command: [
          "bash",
          "-c",
          `told=$(${told}) && wanted=$(cat ${trustedAuthoritiesFile(generations)}) && [ "$told" = "$wanted" ]`,
        ],
        timeoutSeconds: 120,
      },
    ],
  };
}
