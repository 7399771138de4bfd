/** pppd's ip-up, as /etc/ppp/ip-up.local: the line of one device has come up. */
import { parsePppd } from '../src/events/pppd.ts';
import { runHook } from '../src/run-hook.ts';

void runHook('ip-up', parsePppd('up', process.argv.slice(2), process.env));
