import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { RedoubtRun } from "./redoubt";
import { median, total, type Phases } from "./stopwatch";

/** Everything that was measured. */
export interface Measurements {
  readonly redoubt: readonly RedoubtRun[];
  readonly kubeadm: readonly Phases[];
}

/** One line of the table, and one bar of the plot. */
export interface Row {
  readonly who: "redoubt" | "kubeadm";
  readonly phase: string;
  /** Seconds from machines switched off until the phase was done. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Phases that follow each other, as times since the start. */
function cumulative(phases: Phases): Phases {
  let sum = 0;
  return Object.fromEntries(Object.entries(phases).map(([phase, seconds]) => [phase, (sum += seconds)]));
}

function rowsOf(who: Row["who"], runs: readonly Phases[]): Row[] {
  return Object.keys(runs[0] ?? {}).map((phase) => {
    const values = runs.map((run) => run[phase] ?? Number.NaN);
    return { who, phase, median: median(values), min: Math.min(...values), max: Math.max(...values) };
  });
}

/** All rows, in the order in which phases end. */
export function rows({ redoubt, kubeadm }: Measurements): Row[] {
  const ours = redoubt.map((run) => ({ ...run.up, "up is done": run.total }));
  return [...rowsOf("redoubt", ours), ...rowsOf("kubeadm", kubeadm.map(cumulative))];
}

/** Ours against kubeadm's, whole against whole: below 1 is faster. */
export function ratio({ redoubt, kubeadm }: Measurements): number {
  return median(redoubt.map((run) => run.total)) / median(kubeadm.map(total));
}

const seconds = (value: number): string => value.toFixed(1).padStart(7);

/** The table for people. */
export function renderTable(measurements: Measurements): string {
  const { redoubt } = measurements;
  const lines = rows(measurements).map(
    (row) =>
      `${row.who.padEnd(9)}${row.phase.padEnd(24)}${seconds(row.median)}${seconds(row.min)}${seconds(row.max)}`,
  );
  const others = (["noOpUp", "preview", "destroy"] as const).map((name) => {
    const values = redoubt.map((run) => run[name]);
    return `redoubt  ${name.padEnd(24)}${seconds(median(values))}${seconds(Math.min(...values))}${seconds(Math.max(...values))}`;
  });
  return [
    `${"".padEnd(9)}${"done after (s)".padEnd(24)}${"median".padStart(7)}${"min".padStart(7)}${"max".padStart(7)}`,
    ...lines,
    ...others,
    `ratio redoubt/kubeadm: ${ratio(measurements).toFixed(2)}`,
    "",
  ].join("\n");
}

/** The plot of the same, as SVG. */
export async function renderPlot(measurements: Measurements): Promise<string> {
  const specification: TopLevelSpec = {
    title: "From machines switched off: when each phase is done",
    data: { values: rows(measurements).map((row) => ({ ...row, label: `${row.who}: ${row.phase}` })) },
    mark: "bar",
    width: 600,
    encoding: {
      y: { field: "label", type: "nominal", sort: null, title: null, axis: { labelLimit: 400 } },
      x: { field: "median", type: "quantitative", title: "seconds (median)" },
      color: { field: "who", type: "nominal", legend: null },
    },
  };
  const view = new View(parse(compile(specification).spec), { renderer: "none" });
  return view.toSVG();
}
