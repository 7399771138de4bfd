// Runs in the namespace lan: sends numbered packets on several flows (one source port each) and collects the echoes.
// Argument: { address, port, serverReady, ready, flows, firstPort, intervalMs, durationMs }. Ends after durationMs or on SIGTERM.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

// How long an echo may be on its way after the last packet was sent.
const LINGER_MS = 500;

const { address, port, serverReady, ready, flows, firstPort, intervalMs, durationMs } = JSON.parse(
  process.argv[2],
);

const openFlow = async (flow) => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 8 << 20 });
  const echoed = [];
  socket.on('message', (packet) => echoed.push(Number(packet.toString('latin1').split(' ')[1])));
  // "Network unreachable" and the like: the packet is lost, and the server will not have counted it.
  socket.on('error', () => {});
  socket.bind(firstPort + flow);
  await once(socket, 'listening');
  return { flow, port: firstPort + flow, socket, echoed };
};

const open = await Promise.all(Array.from({ length: flows }, (_, flow) => openFlow(flow)));
while (!existsSync(serverReady)) await sleep(10);

let stopped = false;
process.once('SIGTERM', () => {
  stopped = true;
});
const startedAt = Date.now();
const began = performance.now();
let sent = 0;
while (!stopped && sent * intervalMs < durationMs) {
  for (const { flow, socket } of open) socket.send(`${flow} ${sent}`, port, address, () => {});
  sent += 1;
  if (sent === 1) writeFileSync(ready, '');
  // Measured against the beginning, so that a slow machine catches up and does not drift.
  await sleep(Math.max(0, began + sent * intervalMs - performance.now()));
}
await sleep(LINGER_MS);
process.stdout.write(
  JSON.stringify({ startedAt, sent, flows: open.map(({ port, echoed }) => ({ port, echoed })) }),
  () => process.exit(),
);
