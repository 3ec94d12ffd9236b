import type { DirectiveValue } from "./systemd";

/** A file that systemd reads as root and shows to one unit alone. */
export interface Credential {
  /** Name of the unit, with its suffix. */
  readonly unit: string;
  readonly name: string;
  /** Where it lies; root's, mode 0600. */
  readonly file: string;
}

/** The directive that gives a unit what it may read and nobody else: not even its own user, where the file itself lies. */
export function loadCredential({ name, file }: Credential): Readonly<Record<string, DirectiveValue>> {
  return { LoadCredential: `${name}:${file}` };
}

/** Where the unit finds it; read anew with each start (systemd.exec(5), "Credentials": for units of the system manager). */
export function credentialPath({ unit, name }: Credential): string {
  return `/run/credentials/${unit}/${name}`;
}
