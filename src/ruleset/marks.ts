/**
 * The uplink of a connection, in the marks of its packets and its own. Bits of a mark that are not ours are kept: an
 * expression cannot mix two marks (nft before 1.0.9), so each value has a chain or a rule of its own.
 */
import { PROBE_MARK, STRICT_MARK } from '../config/constants.ts';
import { hexMark, mainMark, markOf } from '../mark.ts';
import type { Config } from '../model.ts';
import { addChain, addRule, type Command } from './lines.ts';

/** Which mark: the packet's (by which rules find a table) or the connection's. */
type Field = 'meta' | 'ct';

/** Chain that marks a packet for an uplink, and ends its way through the hook. */
export const markChain = (id: number): string => `mark_${id}`;

/** The same for a connection that stays in main. */
export const MARK_MAIN = 'mark_main';

const allBut = (bits: number): string => hexMark(~bits >>> 0);

/** It has the id of an uplink, or of main. */
export const isAssigned = (field: Field, mask: number): string => `${field} mark & ${hexMark(mask)} != 0`;

/** It has this id. */
export const isMarked = (field: Field, mark: number, mask: number): string =>
  `${field} mark & ${hexMark(mask)} == ${hexMark(mark)}`;

/** Sets the id, and keeps all other bits. */
export const assign = (field: Field, mark: number, mask: number): string =>
  `${field} mark set ${field} mark & ${allBut(mask)} | ${hexMark(mark)}`;

/** It has the strict bit. */
export const isStrict = (field: Field): string => `${field} mark & ${hexMark(STRICT_MARK)} != 0`;

/** Sets the strict bit. */
export const setStrict = (field: Field): string =>
  `${field} mark set ${field} mark | ${hexMark(STRICT_MARK)}`;

/** It is the monitor's, sent to find out how the line is that it is bound to. */
export const IS_PROBE = `meta mark & ${hexMark(PROBE_MARK)} != 0`;

/** Chains that mark packets. */
export const markChains = ({ settings: { markMask }, uplinks }: Config): Command[] => [
  ...uplinks.flatMap(({ id, name }) => [
    addChain(markChain(id)),
    addRule(markChain(id), `${assign('meta', markOf(id, markMask), markMask)} accept`, `uplink "${name}"`),
  ]),
  addChain(MARK_MAIN),
  addRule(MARK_MAIN, `${assign('meta', mainMark(markMask), markMask)} accept`),
];

/**
 * A packet of an assigned connection gets its connection's mark. Nearly all have no mark of others', and for those it is
 * one rule, whatever the number of uplinks; the rest keep what they have.
 */
export const restoreRules = (chain: string, { settings: { markMask } }: Config): Command[] => [
  addRule(
    chain,
    `${isAssigned('ct', markMask)} meta mark 0 meta mark set ct mark & ${hexMark((markMask | STRICT_MARK) >>> 0)} accept`,
  ),
  addRule(chain, `${isAssigned('ct', markMask)} goto restore`),
];

/** For packets that have a mark of others' already; one that names an uplink in our bits has been decided by them. */
export const restoreChain = ({ settings: { markMask }, uplinks }: Config): Command[] => [
  addChain('restore'),
  addRule('restore', `${isAssigned('meta', markMask)} accept`),
  addRule('restore', `${isStrict('ct')} ${setStrict('meta')}`),
  ...uplinks.map(({ id }) =>
    addRule('restore', `${isMarked('ct', markOf(id, markMask), markMask)} goto ${markChain(id)}`),
  ),
  addRule('restore', `${isMarked('ct', mainMark(markMask), markMask)} goto ${MARK_MAIN}`),
];
