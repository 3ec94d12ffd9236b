import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { HostConnection } from "../host";
import type { DeliveryArchitecture } from "./store-script";

/** A file of this box that a host shall have. */
export interface DeliveredFile {
  /** Where it lies here. */
  readonly source: string;
  /** Where it shall lie there: a path that names the content, so that what is there need not be sent again. */
  readonly target: string;
}

/** Arguments of {@link ArtifactDelivery}. */
export interface ArtifactDeliveryArgs {
  /** The administrator's login. */
  readonly connection: pulumi.Input<HostConnection>;
  readonly architecture: DeliveryArchitecture;
  readonly files: readonly DeliveredFile[];
}

/** What {@link ArtifactDelivery} tells the script, on stdin: the connection holds a private key. */
export interface DeliveryOrder {
  readonly connection: HostConnection;
  readonly architecture: DeliveryArchitecture;
  readonly files: readonly DeliveredFile[];
}

/** The program that sends; it runs on the box, from the folder of the Pulumi program. */
const deliver = "node --import tsx components/hosts/inventory/deliver.ts";

/**
 * Brings programs and image archives to a host that can't get them elsewhere, over SSH, each once. Assets of the command provider
 * would do the same, but the engine reads every one of them whole on each run, and hosts take 300 to 600 MB; here only paths are
 * kept, and the pinned sha256 is checked where a program is installed, like that of any other source.
 */
export class ArtifactDelivery extends pulumi.ComponentResource {
  /** What installs programs waits for this. */
  public readonly done: pulumi.Resource;

  public constructor(name: string, args: ArtifactDeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:hosts:ArtifactDelivery", name, { files: args.files.length }, opts);
    const { architecture, files } = args;
    const order = pulumi
      .output(args.connection)
      .apply((connection) => JSON.stringify({ connection, architecture, files } satisfies DeliveryOrder));
    this.done = new command.local.Command(
      `${name}-send`,
      {
        create: deliver,
        update: deliver,
        stdin: pulumi.secret(order),
        logging: "none",
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
