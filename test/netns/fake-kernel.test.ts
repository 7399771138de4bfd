/**
 * The fake kernel of the property tests against the real one: the same random changes on both, and after every one
 * the same answer and the same links, routes and rules. Qdiscs are left out, as not every kernel has the kinds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLinks } from '../../src/kernel/link.ts';
import { parseRoutes, renderRoute } from '../../src/kernel/route.ts';
import { parseRules, renderRule } from '../../src/kernel/rule.ts';
import type { Link, Observed, Route } from '../../src/model.ts';
import { renderChange } from '../../src/plan/batch.ts';
import { createFakeKernel, type FakeKernel } from '../helpers/fake-kernel.ts';
import {
  addAddress,
  createLink,
  deleteAddress,
  destroyLink,
  setCarrier,
  setDown,
  setUp,
} from '../helpers/fake-links.ts';
import { lookupRules } from '../helpers/fake-lookup.ts';
import { addressOf, deviceOf, type LinkStep, type Step, sequences } from './kernel-steps.ts';
import { skip } from './router.ts';
import { makeSandbox, type Sandbox } from './sandbox.ts';

/** One step on the fake; whether it worked. What a link step finds done already is no failure on either side. */
const takeOnFake = (kernel: FakeKernel, step: Step): boolean => {
  if (step.kind === 'change') return kernel.applyOne(step.change) === undefined;
  const { state } = kernel;
  const device = deviceOf(step.at);
  const address = addressOf(step.at, step.address);
  const does: Readonly<Record<LinkStep['does'], () => void>> = {
    create: () => createLink(state, { device }),
    destroy: () => destroyLink(state, device),
    up: () => setUp(state, device),
    down: () => setDown(state, device),
    carrier: () => setCarrier(state, device, true),
    'no-carrier': () => setCarrier(state, device, false),
    address: () => addAddress(state, device, address),
    'no-address': () => deleteAddress(state, device, address),
  };
  does[step.does]();
  return true;
};

/** The same on the real kernel; the other end of vN is pN. */
const commandOf = (step: Step): string => {
  if (step.kind === 'change') return `ip -n c -4 ${renderChange(step.change)}`;
  const { at } = step;
  const { address, peer, prefixLength } = addressOf(at, step.address);
  const local = peer === undefined ? `${address}/${prefixLength}` : `${address} peer ${peer}/${prefixLength}`;
  const commands: Readonly<Record<LinkStep['does'], string>> = {
    create: `ip -n c link add v${at} type veth peer name p${at} && ip -n c link set p${at} up`,
    destroy: `ip -n c link del v${at}`,
    up: `ip -n c link set v${at} up`,
    down: `ip -n c link set v${at} down`,
    carrier: `ip -n c link set p${at} up`,
    'no-carrier': `ip -n c link set p${at} down`,
    address: `ip -n c addr add ${local} dev v${at}`,
    'no-address': `ip -n c addr del ${local} dev v${at}`,
  };
  return `(${commands[step.does]}) || true`;
};

const SHOW =
  "printf 'link show\\naddr show\\nrule show\\nroute show table all\\n' | ip -n c -4 -j -d -N -batch -";

/** A flag that a worker of the kernel sets a moment later than LOWER_UP, which says the same. */
const LATE = '"NO-CARRIER",';

/** Whether there is a way to somewhere that only a default leads to, for packets without a mark and with one. */
const ANYWHERE = '203.0.113.9';
const MARKS = [0, 0x1000000];
const GET = MARKS.map(
  (mark) => `ip -n c route get ${ANYWHERE} mark ${mark} >/dev/null 2>&1 && echo reached ${mark}`,
).join('; ');

interface Moment {
  readonly worked: boolean;
  readonly reached: readonly number[];
  readonly seen: readonly string[];
}

const momentsOf = (box: Sandbox, steps: readonly Step[]): Moment[] => {
  const lines = steps.map((step) => `${commandOf(step)} 2>/dev/null; echo "= $?"; ${SHOW}; ${GET}`);
  const text = box.sh(`ip netns add c\n${lines.join('\n')}\nip netns del c`);
  return text
    .split(/^= /m)
    .slice(1)
    .map((part) => {
      const [status, ...shown] = part.split('\n');
      const [links = [], addresses = [], ruleList = [], routeList = []] = shown
        .filter((line) => line.startsWith('['))
        .map((line): unknown[] => JSON.parse(line.replaceAll(LATE, '')));
      const parsed = parseLinks(links, addresses);
      const observed = {
        links: parsed,
        routes: parseRoutes(routeList, 4, parsed),
        rules: parseRules(ruleList, 4),
      };
      return {
        worked: status === '0',
        reached: MARKS.filter((mark) => shown.includes(`reached ${mark}`)),
        seen: describe(observed),
      };
    });
};

const describe = ({
  links,
  routes: all,
  rules: list,
}: Pick<Observed, 'links' | 'routes' | 'rules'>): string[] => [
  ...links
    .filter(({ device }) => device.startsWith('v'))
    .map(describeLink)
    .sort(),
  ...all.map(describeRoute).sort(),
  ...list.map((rule) => `rule ${renderRule(rule)}`).sort(),
];

const describeLink = ({ device, up, carrier, addresses }: Link): string =>
  [
    `link ${device} ${up ? 'up' : 'down'} ${carrier ? 'carrier' : 'no-carrier'}`,
    ...addresses.map(({ address, peer, prefixLength }) => `${address} peer ${peer}/${prefixLength}`),
  ].join(' ');

const describeRoute = (route: Route): string =>
  `route ${renderRoute(route)} ${route.nexthops.map(({ dead }) => (dead ? 'dead' : 'alive')).join(' ')}`;

test('the fake kernel answers random changes as the real one does', { skip }, async (t) => {
  const box = await makeSandbox();
  t.after(box.stop);
  fc.assert(
    fc.property(sequences(), (steps) => {
      const kernel = createFakeKernel();
      const fake = steps.map((step): Moment => {
        const worked = takeOnFake(kernel, step);
        const reached = MARKS.filter(
          (mark) => lookupRules(kernel.state, { destination: ANYWHERE, mark }) !== undefined,
        );
        return { worked, reached, seen: describe(kernel.observe()) };
      });
      const real = momentsOf(box, steps);
      assert.equal(real.length, fake.length);
      for (const [index, step] of steps.entries())
        assert.deepEqual(fake[index], real[index], `after step ${index}: ${commandOf(step)}`);
    }),
    { numRuns: 40, seed: Number(process.env.PROPERTY_SEED ?? 20260820), endOnFailure: true },
  );
});
