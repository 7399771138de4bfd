// Runs in the namespace isp: echoes every packet ("flow sequence") and remembers who sent it. Argument: { address, port, ready, live? }.
// `live` is a file to keep up to date with one entry a second: { SOURCE: { packets, flows } }, the last one still growing.
// On SIGTERM it prints, for each flow, the ranges of sequence numbers it got and the source addresses over time.
import { createSocket } from 'node:dgram';
import { renameSync, writeFileSync } from 'node:fs';

const { address, port, ready, live } = JSON.parse(process.argv[2]);
const flows = new Map();
const seconds = [];
let began;

const remember = (flow, sequence, source) => {
  if (!flows.has(flow)) flows.set(flow, { received: [], carriers: [] });
  const { received, carriers } = flows.get(flow);
  received.push(sequence);
  const last = carriers.at(-1);
  if (last?.source === source) last.last = sequence;
  else carriers.push({ source, first: sequence, last: sequence });
};

const currentSecond = () => {
  began ??= performance.now();
  const wanted = Math.floor((performance.now() - began) / 1000);
  while (seconds.length <= wanted) seconds.push({});
  return seconds[wanted];
};

const count = (flow, source) => {
  const second = currentSecond();
  second[source] ??= { packets: 0, flows: [] };
  second[source].packets += 1;
  if (!second[source].flows.includes(flow)) second[source].flows.push(flow);
};

const publish = () => {
  // A second in which nothing came is one that must be seen.
  if (began !== undefined) currentSecond();
  writeFileSync(`${live}.new`, JSON.stringify(seconds));
  renameSync(`${live}.new`, live);
};

const socket = createSocket({ type: 'udp4', recvBufferSize: 8 << 20 });
socket.on('message', (packet, from) => {
  socket.send(packet, from.port, from.address);
  const [flow, sequence] = packet.toString('latin1').split(' ');
  remember(Number(flow), Number(sequence), from.address);
  if (live !== undefined) count(Number(flow), from.address);
});
// An echo into a link that just went away is a loss to be counted, not an error to stop at.
socket.on('error', () => {});
if (live !== undefined) {
  publish();
  setInterval(publish, 250);
}
socket.bind(port, address, () => writeFileSync(ready, ''));

process.once('SIGTERM', () => {
  process.stdout.write(JSON.stringify([...flows].map(([flow, seen]) => ({ flow, ...seen }))), () =>
    process.exit(),
  );
});
