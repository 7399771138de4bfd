/**
 * The watch alone, for the tests of it: prints one line of JSON for each thing that it says, with the milliseconds of
 * CLOCK_MONOTONIC, and ends when its standard input does.
 */
import { parseConfig } from '../../src/config/load.ts';
import { makeConcern } from '../../src/watch/concern.ts';
import { listSuspects } from '../../src/watch/suspects.ts';
import { startWatch } from '../../src/watch/watch.ts';

const say = (kind: string, text: string): void => {
  process.stdout.write(
    `${JSON.stringify({ kind, text, at: Number(process.hrtime.bigint() / 1_000_000n) })}\n`,
  );
};

const UPLINKS = [1, 2].map((id) => `[[uplink]]\nid = ${id}\nname = "line${id}"\ndevice = "eth${id}"`);

const config = await parseConfig(UPLINKS.join('\n'));
const watch = startWatch({
  onChange: (what) => say('change', what),
  onProblem: (text) => say('problem', text),
  concerns: makeConcern(config),
});

process.stdin.on('data', () => say('suspects', listSuspects().join(', ')));
process.stdin.on('end', () => watch.stop());
