/** ifupdown's if-down.d, as /etc/network/if-down.d/mlb-hooks: an interface is about to be taken down. */
import { parseIfupdown } from '../src/events/ifupdown.ts';
import { runHook } from '../src/run-hook.ts';

void runHook('if-down', parseIfupdown('down', process.env));
