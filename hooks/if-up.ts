/** ifupdown's if-up.d, as /etc/network/if-up.d/mlb-hooks: an interface was brought up. */
import { parseIfupdown } from '../src/events/ifupdown.ts';
import { runHook } from '../src/run-hook.ts';

void runHook('if-up', parseIfupdown('up', process.env));
