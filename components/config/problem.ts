/** Something that is wrong with a setting: where, what it is, and what to do. */
export interface Problem {
  /** Path of the setting, as `network.podCidr`. */
  readonly setting: string;
  readonly value: unknown;
  readonly rule: string;
  readonly fix: string;
}
