/** The commands that rulesets are made of (nft(8)). */
import type { NftLine, NftObject } from '../model.ts';
import { TABLE_REF } from './names.ts';

/** What a command adds or does, in the order in which a transaction has them: objects, then what refers to them. */
export const COMMANDS = ['counter', 'ct helper', 'set', 'chain', 'map', 'flush', 'element', 'rule'] as const;

/** A line, and what it does to which object; a rule belongs to its chain, an element to its set or map. */
export interface Command extends NftLine {
  readonly kind: (typeof COMMANDS)[number];
  readonly name: string;
}

const command = (kind: Command['kind'], name: string, text: string, about: string | undefined): Command =>
  about === undefined ? { kind, name, text } : { kind, name, text, about };

const add = (kind: Exclude<Command['kind'], 'flush'>, name: string, rest: string, about?: string): Command =>
  command(kind, name, `add ${kind} ${TABLE_REF} ${name}${rest === '' ? '' : ` ${rest}`}`, about);

/** `hook`: type, hook and priority of a base chain; a chain without is reached by jumps only. */
export const addChain = (name: string, hook?: string): Command =>
  add('chain', name, hook === undefined ? '' : `{ type ${hook}; policy accept; }`);

export const addRule = (chain: string, rule: string, about?: string): Command =>
  add('rule', chain, rule, about);

export const addCounter = (name: string, about?: string): Command => add('counter', name, '', about);

export const addSet = (name: string, type: string, about?: string): Command =>
  add('set', name, `{ ${type}; }`, about);

export const addMap = (name: string, type: string, about?: string): Command =>
  add('map', name, `{ ${type}; }`, about);

export const addElements = (name: string, elements: readonly string[], about?: string): Command =>
  add('element', name, `{ ${elements.join(', ')} }`, about);

export const addHelper = (name: string, type: string, protocol: string, about: string): Command =>
  add('ct helper', name, `{ type "${type}" protocol ${protocol}; l3proto ip; }`, about);

/** Emptied and filled in one transaction: to a packet, no moment lies between. */
export const flush = (kind: 'set' | 'map', name: string): Command =>
  command('flush', name, `flush ${kind} ${TABLE_REF} ${name}`, undefined);

export const deleteElements = (name: string, keys: readonly string[]): NftLine => ({
  text: `delete element ${TABLE_REF} ${name} { ${keys.join(', ')} }`,
});

export const deleteObject = (kind: NftObject['kind'], name: string): NftLine => ({
  text: `delete ${kind} ${TABLE_REF} ${name}`,
});
