import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { THREE } from '../balance/uplinks.ts';
import { skip } from '../router.ts';
import { QUICK, until, type WatchedLab, watchedLab } from './lab.ts';

interface Line {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
}

const lines = (lab: WatchedLab): Line[] =>
  JSON.parse(lab.mlb('status --json').stdout).uplinks.map(({ name, state, reason }: Line) => ({
    name,
    state,
    reason,
  }));

/** Waits until line3 is used, by status and by its routes. */
const isBack = async (lab: WatchedLab, gateway: string, seconds: number): Promise<void> => {
  await until(
    'line3 used',
    () => ({
      lines: lines(lab),
      members: lab.members(),
      own: lab.sh('ip -N route show table 7703 metric 1').trim(),
    }),
    (seen) =>
      seen.lines.every(({ state }) => state === 'up') &&
      seen.members.join() === 'w0,w1,w2' &&
      seen.own.startsWith(`default via ${gateway} dev w2 proto 77`),
    seconds,
  );
};

/** Flaps that meet a run at every moment of it: a few milliseconds down, up to a second up. */
const flap = async (lab: WatchedLab, down: string, up: string, times: number): Promise<void> => {
  for (let time = 0; time < times; time++) {
    lab.sh(`${down}; sleep 0.00${(time % 9) + 1}; ${up}`);
    await sleep((time * 37) % 250);
  }
};

describe('storms', { concurrency: 2 }, () => {
  for (const [what, down, up] of [
    ['a link that goes down and up', 'ip link set w2 down', 'ip link set w2 up'],
    ['an address that comes and goes', 'ip addr del 10.65.2.2/24 dev w2', 'ip addr add 10.65.2.2/24 dev w2'],
  ] as const)
    test(`${what} many times is used again once it stays, without any event`, { skip }, async (t) => {
      const lab = await watchedLab(t, { uplinks: THREE, policies: QUICK });
      await lab.allAlive();
      await flap(lab, down, up, 120);
      await isBack(lab, '10.65.2.1', 20);
    });

  test('a gateway that the kernel does not refuse any more is used again, without any event', {
    skip,
  }, async (t) => {
    // To the kernel a broadcast address of another device is no host.
    const lab = await watchedLab(
      t,
      { uplinks: THREE, policies: QUICK },
      `ip -n isp addr add 10.65.77.1/24 dev i2
      sed -i 's/"10.65.2.1"/"10.65.77.1"/' /etc/mlb-hooks/config.toml
      ip addr add 192.168.77.1/24 broadcast 10.65.77.1 dev lan0`,
    );
    await until(
      'line3 refused',
      () => lines(lab)[2]?.reason ?? '',
      (reason) => /the kernel refuses gateway 10\.65\.77\.1: /.test(reason),
    );
    assert.deepEqual(lab.members(), ['w0', 'w1']);
    lab.sh('ip addr del 192.168.77.1/24 dev lan0');
    // As if that had been a minute ago.
    lab.sh(`sed -i 's/"at":[0-9.]*/"at":0/' /run/mlb-hooks/state.json`);
    await isBack(lab, '10.65.77.1', 40);
  });
});
