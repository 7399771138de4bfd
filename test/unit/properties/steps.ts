/** What can happen to a router, as data. */
import fc from 'fast-check';
import type { LineHealth, LinkEvent, Word } from '../../../src/model.ts';

/** A change of a link or of main that no hook has a part in. */
export type LinkStep = {
  readonly at: number;
  readonly variant: number;
  readonly happens:
    | 'dial'
    | 'destroy'
    | 'up'
    | 'down'
    | 'carrier'
    | 'no-carrier'
    | 'address'
    | 'no-address'
    | 'main-default'
    | 'no-main-default'
    | 'static-route'
    | 'lan-route'
    | 'no-lan-route';
};

/** An event, as true or stale as the draw says; `run` applies what is spooled; somebody's `nft flush ruleset`; … */
export type Step =
  | LinkStep
  | { readonly happens: 'run' }
  | { readonly happens: 'flush-ruleset' }
  /** The monitor finds something out, `none` that it forgets the line; `since`: seconds of uptime. */
  | {
      readonly happens: 'verdict';
      readonly at: number;
      readonly health: LineHealth | 'none';
      readonly since: number;
    }
  /** An operator's word. */
  | { readonly happens: 'word'; readonly at: number; readonly word: Word | 'none' }
  | {
      readonly happens: 'event';
      readonly at: number;
      readonly variant: number;
      readonly phase: LinkEvent['phase'];
      readonly index: 'now' | 'old' | 'gone' | 'none';
      readonly tells: 'address' | 'nothing';
      readonly pppd: number;
      readonly times: number;
    };

const place = { at: fc.nat(5), variant: fc.nat(1) };

export const linkSteps = (): fc.Arbitrary<LinkStep> =>
  fc.record({
    ...place,
    happens: fc.constantFrom(
      'dial',
      'dial',
      'destroy',
      'up',
      'down',
      'carrier',
      'no-carrier',
      'address',
      'no-address',
      'main-default',
      'no-main-default',
      'static-route',
      'lan-route',
      'no-lan-route',
    ),
  });

const eventSteps = (): fc.Arbitrary<Step> =>
  fc.record({
    ...place,
    happens: fc.constant('event' as const),
    phase: fc.constantFrom('up', 'down', 'touch'),
    index: fc.constantFrom('now', 'now', 'old', 'gone', 'none'),
    tells: fc.constantFrom('address', 'nothing'),
    pppd: fc.nat(2),
    times: fc.integer({ min: 1, max: 2 }),
  });

/** What the monitor finds out. */
export const verdictSteps = (): fc.Arbitrary<Step> =>
  fc.record({
    at: place.at,
    happens: fc.constant('verdict' as const),
    health: fc.constantFrom('dead', 'dead', 'degraded', 'alive', 'unknown', 'none'),
    since: fc.nat(30),
  });

const wordSteps = (): fc.Arbitrary<Step> =>
  fc.record({
    at: place.at,
    happens: fc.constant('word' as const),
    word: fc.constantFrom('draining', 'disabled', 'none', 'none'),
  });

/** Any steps in any order: link changes mostly, events true, stale, doubled or late, runs now and then. */
export const steps = (maxLength = 25): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: linkSteps() },
      { weight: 3, arbitrary: eventSteps() },
      { weight: 2, arbitrary: fc.constant({ happens: 'run' as const }) },
      { weight: 1, arbitrary: fc.constant({ happens: 'flush-ruleset' as const }) },
      { weight: 3, arbitrary: verdictSteps() },
      { weight: 1, arbitrary: wordSteps() },
    ),
    { maxLength },
  );
