/**
 * Where a connection gets its uplink for life: by the way that its first packet really took, whoever chose it - the
 * kernel's multipath, a pool, a policy whose uplink was gone. Done in nat chains, because the kernel asks those for the
 * first packet of a connection only: all others pay nothing. Their priority puts them before every other nat chain, since
 * one that translates ends the asking.
 */
import { MAIN_DESTINATIONS } from '../config/constants.ts';
import { mainMark, markOf } from '../mark.ts';
import type { Config } from '../model.ts';
import { byDevice } from './devices.ts';
import { addChain, addCounter, addRule, type Command } from './lines.ts';
import { assign, IS_PROBE, isMarked, isStrict, setStrict } from './marks.ts';
import { inCounter, outCounter } from './names.ts';

/** The first that a nat chain may have: conntrack itself stands at -200 (nf_tables, nft_chain_validate_hook). */
const FIRST = -199;

export const assignedChains = (config: Config): Command[] => [
  addChain('leaving', `nat hook postrouting priority ${FIRST}`),
  addRule('leaving', 'meta nfproto != ipv4 accept'),
  // No connection of anybody's: neither counted nor kept on its line.
  addRule('leaving', `${IS_PROBE} accept`),
  ...strictRules(config),
  ...mainRules(config),
  ...byDevice('leaving', 'oifname', 'leaving_by', config.uplinks, ({ id }) => `left_${id}`),
  // The outer packets of a tunnel that is an uplink itself have come in by nothing.
  addRule('leaving', 'fib saddr type local accept'),
  addRule('leaving', 'goto arrived'),

  addChain('arriving', `nat hook input priority ${FIRST}`),
  addRule('arriving', 'meta nfproto != ipv4 accept'),
  addRule('arriving', 'goto arrived'),

  // To the router itself, or to a server behind it: the answer leaves where the request came in.
  addChain('arrived'),
  ...byDevice('arrived', 'iifname', 'arrived_by', config.uplinks, ({ id }) => `arrived_${id}`),

  ...config.uplinks.flatMap((uplink) => {
    const { id, name } = uplink;
    const save = assign('ct', markOf(id, config.settings.markMask), config.settings.markMask);
    const about = `uplink "${name}"`;
    return [
      addCounter(outCounter(uplink), about),
      addCounter(inCounter(uplink), about),
      addChain(`left_${id}`),
      addChain(`arrived_${id}`),
      addRule(`left_${id}`, `counter name "${outCounter(uplink)}" ${save}`, about),
      addRule(`arrived_${id}`, `counter name "${inCounter(uplink)}" ${save}`, about),
    ];
  }),
];

const strictRules = ({ policies }: Config): Command[] =>
  policies.some((policy) => policy.else === 'reject')
    ? [addRule('leaving', `${isStrict('meta')} ${setStrict('ct')}`)]
    : [];

/**
 * What a policy or the operator leaves to main stays there, also where main leads to an uplink: it may be one that does not
 * work, whose table leads to the others.
 */
const mainRules = ({ settings: { markMask, mainDestinations }, policies }: Config): Command[] => {
  const main = mainMark(markMask);
  const stay = `${assign('ct', main, markMask)} accept`;
  return [
    ...(policies.some(({ use }) => use === 'main')
      ? [addRule('leaving', `${isMarked('meta', main, markMask)} ${stay}`)]
      : []),
    // The usual ones are never forwarded to an uplink.
    ...mainDestinations
      .filter((prefix) => !MAIN_DESTINATIONS.includes(prefix))
      .map((prefix) => addRule('leaving', `ip daddr ${prefix} ${stay}`)),
  ];
};
