/**
 * The figures of the hooks, each with what it may be at most: `npm run bench`. In sandboxes, on the installed
 * program; medians, with a base measured beside each run, because an absolute time says more about the machine.
 */
import { spawnSync } from 'node:child_process';
import { skip } from '../netns/router.ts';
import { measureHooks } from './hooks.ts';
import { measureRulesets } from './loads.ts';
import { measureLosses } from './losses.ts';
import { measureMonitor } from './monitor.ts';
import { measureSoak } from './rest.ts';
import { print } from './table.ts';
import { compareTraffic } from './traffic.ts';

/** Parts of the benchmark, by the words that `npm run bench -- WORD...` takes; without any, all but ON_REQUEST. */
const PARTS: Readonly<Record<string, () => Promise<boolean[]>>> = {
  hooks: measureHooks,
  rulesets: measureRulesets,
  losses: measureLosses,
  traffic: compareTraffic,
  monitor: measureMonitor,
  soak: measureSoak,
};

/** Minutes of what nobody waits for unless asked. */
const ON_REQUEST: readonly string[] = ['soak'];

const main = async (): Promise<void> => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((word) => !Object.hasOwn(PARTS, word));
  if (unknown.length > 0) {
    console.error(`unknown part: ${unknown.join(' ')}; there are ${Object.keys(PARTS).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const words =
    wanted.length === 0 ? Object.keys(PARTS).filter((word) => !ON_REQUEST.includes(word)) : wanted;
  if (skip !== false) {
    console.log(`no benchmark: ${skip}`);
    return;
  }
  const { stdout } = spawnSync('uname', ['-r'], { encoding: 'utf8' });
  console.log(
    `Node ${process.version}, Linux ${stdout.trim()}; "+" = over node running an empty file, beside it`,
  );
  print('what', 'at most', 'median', 'min..max', 'cpu');
  const met: boolean[] = [];
  for (const word of words) met.push(...((await PARTS[word]?.()) ?? []));
  const missed = met.filter((each) => !each).length;
  console.log(missed === 0 ? 'every figure met' : `${missed} of ${met.length} missed`);
  console.log(
    'Packets and processes: the worst, not the median. This kernel decides whether tc has work to do.',
  );
  process.exitCode = missed === 0 ? 0 : 1;
};

await main();
