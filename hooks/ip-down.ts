/** pppd's ip-down, as /etc/ppp/ip-down.local: the line of one device has gone. */
import { parsePppd } from '../src/events/pppd.ts';
import { runHook } from '../src/run-hook.ts';

void runHook('ip-down', parsePppd('down', process.argv.slice(2), process.env));
