import assert from 'node:assert/strict';
import type { Range, TrafficReport } from './lab/traffic.ts';

/** 100 ms at 20 ms a packet. No hook has even started by then: only routes that stood there before can have helped. */
const MOST_LOST = 5;

/**
 * Asserts that every flow of the dead uplink (by the source address that the server saw) went on over the survivor,
 * with a gap that no hook can have closed, and that the survivor's own flows lost nothing on their way to the server.
 * Echoes pass the provider's pppd, a user-mode program in an emulated machine: a few that come too late are no loss.
 */
export const assertMoved = ({ flows }: TrafficReport, dead: string, survivor: string): void => {
  const moved = flows.filter(({ carriers }) => carriers[0]?.source === dead);
  const stayed = flows.filter(({ carriers }) => carriers[0]?.source === survivor);
  const seen = JSON.stringify(flows.map(({ carriers }) => carriers));
  assert.equal(moved.length + stayed.length, flows.length, seen);
  for (const { carriers, lostUp } of moved) {
    assert.equal(carriers.at(-1)?.source, survivor, seen);
    assert.ok(count(lostUp) <= MOST_LOST, `lost ${JSON.stringify(lostUp)} on the way up`);
  }
  for (const { lostUp, lostDown } of stayed) {
    assert.deepEqual(lostUp, [], 'the survivor lost packets on the way up');
    assert.ok(count(lostDown) <= MOST_LOST, `the survivor lost ${JSON.stringify(lostDown)} on the way down`);
  }
};

const count = (ranges: readonly Range[]): number =>
  ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
