/** What health checks will be wrong about, or whom they will annoy. Pure. */
import { GATEWAY_TARGET } from './constants.ts';
import type { Health, Target } from './health-schema.ts';
import type { Warning } from './problem.ts';
import type { Config, Uplink } from './schema.ts';

/** Seconds between two questions that nobody minds. */
const POLITE = 1;

/** Every warning about the health checks of a valid configuration. */
export const healthWarnings = ({ uplinks }: Config): Warning[] => {
  const checked = uplinks.filter(({ health }) => health.check);
  return [...impoliteWarnings(checked), ...loneWarnings(checked)];
};

/** Somebody else's server is asked very often; a ping costs it next to nothing, and the gateway is the line's own. */
const impoliteWarnings = (uplinks: readonly Uplink[]): Warning[] => {
  const hasty = uplinks.filter(({ health }) => health.interval < POLITE);
  const asked = hasty.flatMap(({ health }) => health.targets).filter(isServer);
  return [...new Map(asked.map((target) => [target.text, target])).values()].map(({ text, host }) => {
    const askers = hasty.filter(({ health }) => health.targets.some((target) => target.text === text));
    const rate = askers.reduce((sum, { health }) => sum + 1 / health.interval, 0);
    return {
      message: `target "${text}" of ${namesOf(askers)} asks ${host} ${Number(rate.toFixed(1))} times a second`,
      remedy:
        'unless it is yours: interval = 2 below [health], or below an [uplink.health] with its own targets',
    };
  });
};

const isServer = ({ kind, host }: Target): boolean => kind !== 'ping' && host !== GATEWAY_TARGET;

/** A host that no line of several can do without: its own failure looks like that of all lines at once. */
const loneWarnings = (uplinks: readonly Uplink[]): Warning[] => {
  if (uplinks.length < 2) return [];
  const [first, ...others] = uplinks.map(({ health }) => indispensable(health));
  return [...(first ?? [])]
    .filter((host) => others.every((hosts) => hosts.has(host)))
    .map((host) => ({
      message: `no uplink counts as alive without ${host}: when it fails, all lines look dead`,
      remedy: "add targets elsewhere, such as the DNS servers of each line's provider, or lower needed",
    }));
};

/** Hosts without which fewer targets answer than are needed. The gateway is another one on each line. */
const indispensable = ({ targets, needed }: Health): ReadonlySet<string> => {
  const hosts = new Set(targets.map(({ host }) => host));
  hosts.delete(GATEWAY_TARGET);
  return new Set(
    [...hosts].filter((host) => targets.filter((target) => target.host !== host).length < needed),
  );
};

const namesOf = (uplinks: readonly Uplink[]): string => uplinks.map(({ name }) => `"${name}"`).join(', ');
