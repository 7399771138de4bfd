import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADDRESS,
  makeRouter,
  ours,
  type Router,
  routerFor,
  skip,
  THREE_UPLINKS,
  upHook,
  variant,
} from './router.ts';
import { connectOften, startSink } from './traffic/flows.ts';

/** The default, prio with sfq, on one uplink. */
const PRIO_SFQ = variant(['qdisc = "none"\n', '']);
const LACKING =
  'qdisc prio: this kernel does not have it; load or build the module sch_prio, then run "mlb-hooks apply"';

/** These tests are about a kernel without sch_prio; the others about one that has it are in test/vm. */
const hasPrio = (router: Router): boolean =>
  router.try(
    'ip link add probe type veth && tc qdisc add dev probe root prio; rc=$?; ip link del probe; exit $rc',
  ).status === 0;

const said = (router: Router): number =>
  Number(router.try('grep -c "qdisc prio: this kernel" /var/log/mlb-hooks.log').stdout);

test('a kernel without the scheduler: said once by hooks, again by apply, and routing is complete', {
  skip,
}, async (t) => {
  const router = await makeRouter(PRIO_SFQ);
  t.after(router.stop);
  if (hasPrio(router)) {
    t.skip('this kernel has sch_prio');
    return;
  }
  assert.equal(upHook(router, 'w0').status, 0, 'a failed qdisc is no failed event');
  assert.equal(said(router), 1);
  upHook(router, 'w0');
  upHook(router, 'w1');
  assert.equal(said(router), 1);

  await startSink(router, 'isp');
  assert.deepEqual([...new Set(connectOften(router, 40))].sort(), Object.values(ADDRESS).sort());
  const routed = ours(router);
  router.configure(THREE_UPLINKS);
  assert.equal(router.mlb('apply').stdout, 'nothing to do\n', 'the same routes and rules as without a qdisc');
  assert.equal(ours(router), routed);

  router.configure(PRIO_SFQ);
  const { stdout, stderr, status } = router.mlb('apply');
  assert.equal(stderr, `${LACKING}\n`);
  assert.equal(stdout, 'nothing to do\n');
  assert.equal(status, 0, 'trying again mends nothing, and all that can be there is there');
  assert.equal(said(router), 2);
});

test('status says which module is missing', { skip }, async (t) => {
  const router = await makeRouter(PRIO_SFQ);
  t.after(router.stop);
  if (hasPrio(router)) {
    t.skip('this kernel has sch_prio');
    return;
  }
  upHook(router, 'w0');
  assert.match(router.mlb('status').stdout, /^.*qdisc prio: this kernel lacks module sch_prio$/m);
  const { notices } = JSON.parse(router.mlb('status --json').stdout) as { notices: string[] };
  assert.deepEqual(notices, ['qdisc prio: this kernel lacks module sch_prio']);
});

test('a rate limit whose inner queue is missing leaves nothing half-built behind', { skip }, async (t) => {
  const router = await makeRouter(variant(['qdisc = "none"\n', 'upload = "5mbit"\n']));
  t.after(router.stop);
  if (hasPrio(router)) {
    t.skip('this kernel has sch_prio');
    return;
  }
  const plan = router.mlb('plan').stdout;
  assert.match(
    plan,
    /^tc qdisc replace dev w0 root handle 77: tbf rate 5000000bit burst 3036 latency 50ms$/m,
  );
  assert.match(plan, /^tc qdisc replace dev w0 parent 77:1 handle 78: prio bands 3$/m);
  upHook(router, 'w0');
  assert.match(router.sh('tc qdisc show dev w0'), /^qdisc noqueue 0: root/);
  assert.equal(upHook(router, 'w0').status, 0);
  assert.match(router.sh('tail -1 /var/log/mlb-hooks.log'), /"changed":0,"msg":"nothing"/);
});

test('qdisc = "none" leaves whatever is there, and reports nothing', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('tc qdisc add dev w0 root handle 5: tbf rate 100mbit burst 50k latency 50ms');
  const before = router.sh('tc qdisc show');
  const { stdout, stderr } = router.mlb('apply');
  assert.deepEqual({ stdout, stderr }, { stdout: 'nothing to do\n', stderr: '' });
  assert.equal(router.sh('tc qdisc show'), before);
});

test('a queue of ours on an uplink that no longer wants one is taken away', { skip }, async (t) => {
  const router = await routerFor(t);
  router.sh('tc qdisc add dev w0 root handle 77: tbf rate 5mbit burst 5k latency 50ms');
  assert.equal(router.mlb('apply').stdout, 'tc qdisc delete dev w0 root handle 77:\n');
  assert.match(router.sh('tc qdisc show dev w0'), /^qdisc noqueue 0: root/);
});
