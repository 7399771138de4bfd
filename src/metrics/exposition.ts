/** Prometheus' text format, version 0.0.4. */

export type Labels = Readonly<Record<string, string>>;

/** One value of a metric; null where it is not known: then there is no sample, since a 0 would be a lie. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number | null;
}

/** A metric with all its samples. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

/** A metric of ours that may rise and fall. */
export const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: `mlb_hooks_${name}`,
  help,
  type: 'gauge',
  samples,
});

/** A metric of ours that only rises while the program runs. */
export const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  ...gauge(name, help, samples),
  type: 'counter',
});

/**
 * A word as numbers: a sample for each that there is (the keys of `words`: so the compiler sees that none is missing),
 * 1 for the one that holds. An alert can then say how long one has held.
 */
export const oneHot = <Word extends string>(
  labels: Labels,
  label: string,
  words: Readonly<Record<Word, true>>,
  word: Word,
): Sample[] =>
  Object.keys(words).map((each) => ({ labels: { ...labels, [label]: each }, value: Number(each === word) }));

/** Milliseconds in seconds, to the microsecond; null where not known. */
export const seconds = (milliseconds: number | null | undefined): number | null =>
  milliseconds === null || milliseconds === undefined ? null : Math.round(milliseconds * 1000) / 1e6;

/** The text of all that have a sample. */
export const renderFamilies = (families: readonly Family[]): string => families.map(renderFamily).join('');

const renderFamily = ({ name, help, type, samples }: Family): string => {
  const lines = samples.flatMap(({ labels = {}, value }) =>
    value === null || !Number.isFinite(value) ? [] : [`${name}${renderLabels(labels)} ${value}`],
  );
  if (lines.length === 0) return '';
  return [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
};

const renderLabels = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
