import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config, Policy } from '../../../src/model.ts';
import { balancePool, chosenIds, policyPool, shareOf } from '../../../src/ruleset/pools.ts';
import { sampleConfig, samplePolicy } from '../../helpers/samples.ts';

const configOf = async (
  balance: Config['settings']['balance'],
  ...policies: readonly Policy[]
): Promise<Config> => {
  const config = await sampleConfig(
    'id = 1\nname = "a"\ndevice = "w1"',
    'id = 2\nname = "b"\ndevice = "w2"\nweight = 3',
    'id = 5\nname = "c"\ndevice = "w5"\ntier = 2',
  );
  return { ...config, settings: { ...config.settings, balance }, policies };
};

const first = (use: Policy['use'], orElse: Policy['else'] = 'any'): Policy =>
  samplePolicy({ use, else: orElse });

test('in the modes of routes a link event concerns no pool', async () => {
  for (const balance of ['multipath', 'failover'] as const) {
    const config = await configOf(balance, first([[1]]), first([[2]], 'reject'), first('main'));
    assert.equal(balancePool(config), undefined);
    assert.deepEqual(chosenIds(config), []);
  }
});

test('in the other modes every uplink is in the pool of its tier', async () => {
  for (const balance of ['random', 'round-robin', 'source', 'source-destination'] as const) {
    const config = await configOf(balance);
    assert.deepEqual(balancePool(config)?.groups, [
      [
        { id: 1, weight: 1 },
        { id: 2, weight: 3 },
      ],
      [{ id: 5, weight: 1 }],
    ]);
    assert.deepEqual(chosenIds(config), [1, 2, 5]);
  }
});

test('a single uplink needs no pool in any mode', async () => {
  const config = await sampleConfig('id = 1\nname = "a"\ndevice = "w1"');
  const settings = { ...config.settings, balance: 'source' } as const;
  assert.equal(balancePool({ ...config, settings }), undefined);
});

test('the best tier that works carries everything', async () => {
  const pool = balancePool(await configOf('random'));
  assert.ok(pool);
  const ids = (living: readonly number[]): number[] =>
    [...new Set(shareOf(pool, { living }).values())].sort();
  assert.deepEqual(ids([1, 2, 5]), [1, 2]);
  assert.deepEqual(ids([2, 5]), [2]);
  assert.deepEqual(ids([5]), [5]);
  assert.deepEqual(ids([]), []);
});

test('weights are shares of the slots', async () => {
  const pool = balancePool(await configOf('round-robin'));
  assert.ok(pool);
  const owners = [...shareOf(pool, { living: [1, 2, 5] }).values()];
  assert.equal(owners.length, 1024);
  assert.equal(owners.filter((id) => id === 2).length, 768);
});

test('a preference list is one key, and leads to the first that works', async () => {
  const policy = first([[5], [2]]);
  const pool = policyPool(await configOf('multipath', policy), policy);
  assert.ok(pool);
  assert.equal(pool.choice, 'first');
  assert.deepEqual([...shareOf(pool, { living: [2, 5] })], [['ipv4', 5]]);
  assert.deepEqual([...shareOf(pool, { living: [1, 2] })], [['ipv4', 2]]);
  assert.deepEqual([...shareOf(pool, { living: [1] })], []);
});

test('uplinks of equal preference share, under failover one after the other', async () => {
  const policy = first([[1, 2]]);
  assert.equal(policyPool(await configOf('multipath', policy), policy)?.choice, 'pair');
  const pool = policyPool(await configOf('failover', policy), policy);
  assert.ok(pool);
  assert.deepEqual([...shareOf(pool, { living: [1, 2] })], [['ipv4', 1]]);
  assert.deepEqual([...shareOf(pool, { living: [2] })], [['ipv4', 2]]);
});

test('deferred uplinks come behind the others of their tier, and before the next', async () => {
  const pool = balancePool(await configOf('random'));
  assert.ok(pool);
  const ids = (living: readonly number[], deferred: readonly number[]): number[] =>
    [...new Set(shareOf(pool, { living, deferred }).values())].sort();
  assert.deepEqual(ids([1, 2, 5], [1]), [2]);
  assert.deepEqual(ids([1, 5], [1]), [1]);
  assert.deepEqual(ids([1, 2, 5], [1, 2]), [1, 2]);
  assert.deepEqual(ids([1, 2, 5], [5]), [1, 2]);
});

test('an uplink that is deferred moves its own slots and no others', async () => {
  const pool = balancePool(await configOf('source'));
  assert.ok(pool);
  const gone = shareOf(pool, { living: [2, 5] });
  assert.deepEqual(shareOf(pool, { living: [1, 2, 5], deferred: [1] }), gone);
});

test('deferral changes the order within a group, and never that of the groups', async () => {
  const owners = async (balance: Config['settings']['balance'], use: Policy['use']): Promise<number[]> => {
    const policy = first(use);
    const pool = policyPool(await configOf(balance, policy), policy);
    assert.ok(pool);
    return [...new Set(shareOf(pool, { living: [1, 2, 5], deferred: [1] }).values())];
  };
  assert.deepEqual(await owners('multipath', [[1], [2]]), [1]);
  assert.deepEqual(await owners('multipath', [[1, 2], [5]]), [2]);
  assert.deepEqual(await owners('failover', [[1, 2]]), [2]);
  assert.deepEqual(await owners('failover', [[1, 5]]), [5], 'equal to the policy, whatever their tiers');
  assert.deepEqual(await owners('failover', [[1], [2]]), [1]);
});

test('under failover a group goes by tier, then id', async () => {
  const policy = first([[5, 2, 1]]);
  const pool = policyPool(await configOf('failover', policy), policy);
  assert.deepEqual(
    pool?.groups[0]?.map(({ id }) => id),
    [1, 2, 5],
  );
});

test('a strict policy with one uplink chooses nothing, so that no event concerns it', async () => {
  const policy = first([[2]], 'reject');
  assert.equal(policyPool(await configOf('source', policy), policy), undefined);
});

test('pools of the same content are one map, of other content another', async () => {
  const [one, same, other] = [first([[1], [2]]), first([[1], [2]], 'reject'), first([[2], [1]])];
  const config = await configOf('multipath', one, same, other);
  const name = (policy: Policy): string | undefined => policyPool(config, policy)?.name;
  assert.equal(name(one), name(same));
  assert.notEqual(name(one), name(other));
});

test('a line without carrier keeps its share of the balance, and a policy turns to the next', async () => {
  const policy = first([[5], [2]]);
  const config = await configOf('round-robin', policy);
  const balance = balancePool(config);
  const preferred = policyPool(config, policy);
  assert.ok(balance && preferred);
  const unplugged = { living: [1, 2, 5], unplugged: [1, 5] };
  assert.deepEqual(shareOf(balance, unplugged), shareOf(balance, { living: [1, 2, 5] }));
  assert.deepEqual([...shareOf(preferred, unplugged)], [['ipv4', 2]]);
  const alone = { living: [5], unplugged: [5] };
  assert.deepEqual([...shareOf(preferred, alone)], [['ipv4', 5]], 'it may come back before any event');
});
