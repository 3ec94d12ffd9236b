import type { HostPlan } from "./plan";

/** Texts by the mark that stands for them in the contents of a plan's files. */
export type Texts = Readonly<Record<string, string>>;

/**
 * The plan with each mark replaced by its text, so that a plan stays plain although a file holds what only the deployment makes.
 *
 * @throws when a mark stands in no file: then the text would reach nobody.
 */
export function withTexts(plan: HostPlan, texts: Texts): HostPlan {
  for (const mark of Object.keys(texts)) {
    if (plan.files.some(({ content }) => content.includes(mark))) continue;
    throw new Error(`plan: no file holds the mark ${mark}`);
  }
  const fill = (content: string): string =>
    Object.entries(texts).reduce((filled, [mark, text]) => filled.replaceAll(mark, () => text), content);
  return { ...plan, files: plan.files.map((file) => ({ ...file, content: fill(file.content) })) };
}
