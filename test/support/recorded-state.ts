import type { StateResource } from "../../commands/stack-outputs";
import type { RecordedResource, Recording } from "./mocks";
import { sshKeyMocks } from "./ssh-keys";

const keyMock = sshKeyMocks["tls:index/privateKey:PrivateKey"];

/** The resources of a recorded program as the engine would keep them; of their outputs, what the stack's SSH keys have. */
export function stateOf({ resources }: Recording<unknown>): StateResource[] {
  const typesOf = ({ type, parent }: RecordedResource): string => {
    const above = resources.find(({ name, type: of }) => name === parent?.name && of === parent.type);
    return above === undefined ? type : `${typesOf(above)}$${type}`;
  };
  return resources.map((resource) => ({
    urn: `urn:pulumi:test::redoubt::${typesOf(resource)}::${resource.name}`,
    type: resource.type,
    inputs: resource.inputs,
    outputs: keyMock?.(resource.inputs, resource.name),
  }));
}

/** The resources, with scripts that do not let that key in: those of one host, or of all. */
export function withoutKey(
  resources: readonly StateResource[],
  line: string,
  host?: string,
): StateResource[] {
  return resources.map(({ inputs = {}, ...resource }) => {
    const { stdin } = inputs;
    const isMeant = host === undefined || resource.urn.endsWith(`::${host}-logins-apply`);
    return typeof stdin === "string" && isMeant
      ? { ...resource, inputs: { ...inputs, stdin: stdin.replace(`${line}\n`, "") } }
      : { ...resource, inputs };
  });
}
