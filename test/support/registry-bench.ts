import { stringify } from "yaml";
import { makeAuthority, makeServerCertificate } from "./certificates";
import type { InventoryCluster } from "./inventory-cluster";
import { RegistryServer, type RegistryDoor, type RegistryRequest } from "./registry-server";
import { makeServedImage } from "./served-image";

/** Where the tests' registries listen; hosts reach this box by its address in their network. */
const ports = { mirror: 18_500, stale: 18_501, untrusted: 18_502, tokens: 18_503, unnamed: 18_504 };

const username = "hosts";

/** The password that every registry with a login wants. */
export const registryPassword = 'the hosts\' "own" word';
/** What the settings say at first in place of it, for one of them. */
export const stalePassword = "a word of last year";

/**
 * Registries on this box, and the settings by which hosts find them: behind `registry.example` a mirror with a login, behind
 * `tokens.example` one that has its logins answered by a server of tokens, behind `stale.example` one that the hosts have a wrong
 * password of, behind `untrusted.example` one of an authority that nobody knows; and one that pods may name, and of which hosts know nothing.
 */
export class RegistryBench {
  readonly #server = new RegistryServer();
  readonly #authority = makeAuthority("authority of the registries");

  /** @param address This box's, in the network of the hosts. */
  public constructor(private readonly address: string) {}

  /** Blocks of the configuration, in YAML, each on lines that begin with two spaces. */
  public get blocks(): string {
    const { certificate: certificateAuthority } = this.#authority;
    const known = (port: number): object => ({ host: this.hostOf(port), certificateAuthority });
    const mirrored = (host: string, url: string, overridePath = false): object => {
      return { host, mirrors: [{ url: `https://${url}`, overridePath }] };
    };
    const registries = [
      mirrored("registry.example", this.hostOf(ports.mirror)),
      { ...known(ports.mirror), username },
      mirrored("stale.example", this.hostOf(ports.stale)),
      { ...known(ports.stale), username },
      mirrored("untrusted.example", this.hostOf(ports.untrusted)),
      known(ports.untrusted),
      mirrored("tokens.example", `${this.hostOf(ports.tokens)}/v2/hub`, true),
      { ...known(ports.tokens), username },
    ];
    const names = ["registry", "stale", "untrusted", "tokens"].map((name) => `${name}.example`);
    const images = { registries, allowedRegistries: [...names, this.unnamed] };
    return stringify({ "redoubt:images": images }).replace(/^/gm, "  ").trimEnd() + "\n";
  }

  /** Host and port by which images of the registry are called that hosts know nothing of. */
  public get unnamed(): string {
    return this.hostOf(ports.unnamed);
  }

  /** Gives the stack the passwords, as its user does. */
  public setPasswords(cluster: InventoryCluster): void {
    this.#setPassword(cluster, ports.mirror, registryPassword);
    this.#setPassword(cluster, ports.tokens, registryPassword);
    this.#setPassword(cluster, ports.stale, stalePassword);
  }

  /** Puts the right one in place of the stale one. */
  public renewPassword(cluster: InventoryCluster): void {
    this.#setPassword(cluster, ports.stale, registryPassword);
  }

  /** Listens; the address must be there. */
  public async start(): Promise<void> {
    const identity = makeServerCertificate(this.#authority, [`IP:${this.address}`]);
    const stranger = makeServerCertificate(makeAuthority("nobody's"), [`IP:${this.address}`]);
    const login = { username, password: registryPassword } as const;
    const doors: RegistryDoor[] = [
      { port: ports.mirror, identity, login: { ...login, scheme: "basic" } },
      { port: ports.stale, identity, login: { ...login, scheme: "basic" } },
      { port: ports.untrusted, identity: stranger },
      { port: ports.tokens, identity, login: { ...login, scheme: "token" } },
      { port: ports.unnamed, identity },
    ];
    const image = await makeServedImage(`made-by-${process.pid}`);
    await this.#server.start({ address: this.address, doors, image });
  }

  /** Requests to one of them since any was asked about last. */
  public async takeRequests(name: keyof typeof ports): Promise<readonly RegistryRequest[]> {
    const requests = await this.#server.takeRequests();
    return requests.filter(({ port }) => port === ports[name]);
  }

  public close(): Promise<void> {
    return this.#server.close();
  }

  private hostOf(port: number): string {
    return `${this.address}:${port}`;
  }

  #setPassword(cluster: InventoryCluster, port: number, password: string): void {
    cluster.setSecret(`registryPasswords["${this.hostOf(port)}"]`, password);
  }
}
