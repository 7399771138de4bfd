import type { Flow } from '../../netns/balance/flows.ts';
import { type Held, held } from '../../netns/balance/held.ts';
import { inside, PORT, script, type Talker } from '../../netns/traffic/flows.ts';
import type { Lab } from './boot.ts';
import { uplinkOf } from './network.ts';
import { waitUntil } from './uplinks.ts';

// The scripts that open, hold and count connections for the tests in namespaces, run in the guest.

/** A namespace of the lab; without one it is the router itself. */
export type Place = 'isp' | 'lan' | undefined;

/** Whatever address of the world is asked, it must be the one that answers: UDP servers choose their own otherwise. */
const ANSWER_AS_ASKED = `table ip answers {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr 10.99.0.0/16 udp dport ${PORT} redirect to :${PORT}
  }
}
`;

/** Starts servers on PORT, TCP and UDP, that tell whoever asks where he comes from. */
export const serve = async (lab: Lab, place: Place): Promise<void> => {
  if (place === 'isp') await lab.run(`${inside(place)}nft -f -`, { input: ANSWER_AS_ASKED });
  await startTalker(lab, `${inside(place)}${script('world')} ${PORT}`);
};

/** Starts an FTP server. */
export const serveFtp = async (lab: Lab, place: Place): Promise<void> => {
  await startTalker(lab, `${inside(place)}${script('ftp')} serve`);
};

/** Fetches a file by active FTP as a client of the LAN; resolves with the address that the server was told to call. */
export const fetchByFtp = async (lab: Lab, host: string, client: string): Promise<string> =>
  (await lab.run(`${inside('lan')}${script('ftp')} fetch ${host} ${client}`)).trim();

/** Opens these connections, a few at once: by which uplink the server saw each, or why it failed. */
export const connect = async (
  lab: Lab,
  flows: readonly Flow[],
  place: Place = 'lan',
): Promise<readonly string[]> => {
  const answers = await lab.run(`${inside(place)}${script('many')} 8`, { input: JSON.stringify(flows) });
  return (JSON.parse(answers) as string[]).map(nameOf);
};

/** Starts long transfers from the LAN, a block of each every `intervalMs`, and waits until all are under way. */
export const hold = async (lab: Lab, flows: readonly Flow[], intervalMs: number): Promise<Held> => {
  const command = `${inside('lan')}${script('hold')} ${intervalMs} '${JSON.stringify(flows)}'`;
  return held(await startTalker(lab, command), flows, nameOf);
};

const nameOf = (seen: string): string => uplinkOf(seen) ?? seen;

let talkers = 0;

/** A script that answers lines, over a named pipe: the agent has no standard input that stays open. */
const startTalker = async (lab: Lab, command: string): Promise<Talker> => {
  talkers += 1;
  const [questions, answers] = [`/run/lab-questions-${talkers}`, `/run/lab-answers-${talkers}`];
  await lab.run(`mkfifo ${questions} && touch ${answers}`);
  await lab.background(`exec ${command} <>${questions} >${answers}`);
  let read = 0;
  const next = async (): Promise<unknown> => {
    read += 1;
    await waitUntil(lab, `[ "$(wc -l <${answers})" -ge ${read} ]`);
    return JSON.parse(await lab.run(`sed -n ${read}p ${answers}`));
  };
  await next();
  return {
    next,
    ask: async (line = '') => {
      await lab.run(`echo '${line}' >${questions}`);
      return next();
    },
  };
};
