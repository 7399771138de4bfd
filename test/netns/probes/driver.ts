/** Runs probers and prints what they tell, one line of JSON each; a line on stdin stops them. Argument: the orders. */
import { startProber } from '../../../src/probes/prober.ts';
import type { ProbeOrder } from '../../../src/probes/probing.ts';

const say = (fact: object): void => {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
};

const orders = JSON.parse(process.argv[2] ?? '[]') as readonly ProbeOrder[];
const probers = orders.map((order) =>
  startProber({
    ...order,
    onResult: say,
    onUnknown: (unknown) => say({ target: order.target.text, unknown }),
  }),
);
process.stdin.once('data', () => {
  for (const prober of probers) prober.stop();
  say({ target: 'driver', unknown: 'stopped' });
});
