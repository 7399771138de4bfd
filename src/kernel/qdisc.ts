import type { Qdisc } from '../model.ts';

interface QdiscJson {
  readonly kind?: string;
  readonly handle?: string;
  readonly dev?: string;
  readonly root?: boolean;
  readonly parent?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/**
 * Options that we set and the kernel gives back unchanged (tried with tc 6.1 on kernel 6.1). tbf's burst is not
 * among them: it returns rounded, 3600 as 3599.
 */
const COMPARED: Readonly<Record<string, readonly string[]>> = {
  prio: ['bands'],
  sfq: ['perturb'],
  tbf: ['rate'],
  cake: ['bandwidth'],
};

/** What tc leaves out (`perturb`) or says in words (`bandwidth unlimited`) means 0. */
const ZERO_WHEN_NO_NUMBER: readonly string[] = ['perturb', 'bandwidth'];

/** Reads `tc -j qdisc show`. */
export const parseQdiscs = (json: readonly unknown[]): Qdisc[] =>
  (json as readonly QdiscJson[]).flatMap((entry) => {
    const { kind, handle, dev, root, parent } = entry;
    if (kind === undefined || handle === undefined || dev === undefined) return [];
    const at = root === true ? 'root' : parent;
    return at === undefined ? [] : [{ device: dev, parent: at, handle, kind, options: parseOptions(entry) }];
  });

const parseOptions = ({ kind = '', options = {} }: QdiscJson): Readonly<Record<string, number>> => {
  const entries = (COMPARED[kind] ?? []).flatMap((name): [string, number][] => {
    const value = options[name];
    if (typeof value === 'number') return [[name, value]];
    return ZERO_WHEN_NO_NUMBER.includes(name) ? [[name, 0]] : [];
  });
  return Object.fromEntries(entries);
};

/** Where a qdisc sits: one place holds one qdisc. */
export const qdiscKey = ({ device, parent }: Qdisc): string => `${device} ${parent}`;

/** Whether an observed qdisc is the desired one, by kind, handle and the options that can be compared. */
export const qdiscsEqual = (desired: Qdisc, observed: Qdisc): boolean =>
  desired.kind === observed.kind &&
  desired.handle === observed.handle &&
  (COMPARED[desired.kind] ?? []).every((name) => desired.options[name] === observed.options[name]);

/**
 * Whether `tc qdisc replace` can turn the observed qdisc into the desired one: neither kind nor handle can change
 * in place, and sfq takes no new options ("Change operation not supported").
 */
export const canBecome = (desired: Qdisc, observed: Qdisc): boolean =>
  desired.kind === observed.kind &&
  desired.handle === observed.handle &&
  (desired.kind !== 'sfq' || qdiscsEqual(desired, observed));

/** Arguments of `tc qdisc replace`; rates are written in tc's `bit` units, which are bits per second. */
export const renderQdisc = (qdisc: Qdisc): string => {
  const options = Object.entries(qdisc.options).map(([name, value]) => ` ${renderOption(name, value)}`);
  return `${renderQdiscPlace(qdisc)} ${qdisc.kind}${options.join('')}`;
};

/** Arguments of `tc qdisc delete`: with the handle, so that the kernel refuses when it is no longer ours. */
export const renderQdiscPlace = ({ device, parent, handle }: Qdisc): string =>
  `dev ${device} ${parent === 'root' ? 'root' : `parent ${parent}`} handle ${handle}`;

// cake keeps the bandwidth it has when none is given, so that it must be told to have none.
const renderOption = (name: string, value: number): string => {
  if (name === 'bandwidth' && value === 0) return 'unlimited';
  return name === 'rate' || name === 'bandwidth' ? `${name} ${value * 8}bit` : renderPlain(name, value);
};

const renderPlain = (name: string, value: number): string =>
  name === 'latency' ? `latency ${value}ms` : `${name} ${value}`;
