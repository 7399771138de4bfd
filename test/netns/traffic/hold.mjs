// Long transfers: `node hold.mjs MILLISECONDS '[{ protocol, from, fromPort, to, port }, ...]'`. Each sends numbered
// blocks, one every MILLISECONDS, and checks that the server sends every one of them back, in order for TCP. Says
// `{}` once all have been answered (or after 3 seconds), then answers each line on stdin with one line of JSON, a report for each flow:
// { seen: the addresses that the server saw, sent, answered, longest: milliseconds without any answer, error }.
// The line `renew` is answered alike; then flows that broke or moved are opened anew, and UDP ones count from zero.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const interval = Number(process.argv[2]);
const flows = JSON.parse(process.argv[3]);
const PADDING = '.'.repeat(1000);

const answered = (report) => {
  const now = performance.now();
  report.answered += 1;
  report.longest = Math.max(report.longest, now - report.last);
  report.last = now;
};

const see = (report, address) => {
  if (!report.seen.includes(address)) report.seen.push(address);
};

const localOf = ({ from, fromPort }) => ({
  ...(from ? { localAddress: from } : {}),
  ...(fromPort ? { localPort: fromPort } : {}),
});

const holdTcp = (flow, report) => {
  const socket = connect({ host: flow.to, port: flow.port, noDelay: true, ...localOf(flow) });
  let rest = '';
  let expected = 0;
  const fail = (reason) => {
    report.error ??= reason;
    socket.destroy();
  };
  socket.on('error', ({ code }) => fail(code));
  socket.on('close', () => fail('closed'));
  socket.on('data', (data) => {
    const lines = (rest + data.toString('latin1')).split('\n');
    rest = lines.pop();
    for (const line of lines)
      if (report.seen.length === 0) see(report, line);
      else if (line === `${expected} ${PADDING}`) {
        expected += 1;
        answered(report);
      } else fail(`block ${expected} came back as ${line.slice(0, 40)}`);
  });
  const send = () => {
    if (report.error === undefined) socket.write(`${report.sent++} ${PADDING}\n`);
  };
  return { send, end: () => socket.destroy() };
};

const holdUdp = (flow, report) => {
  const socket = createSocket('udp4');
  // Errors of single packets (ICMP) are losses, which the numbers tell.
  socket.on('error', () => {});
  socket.on('message', (message) => {
    see(report, message.toString('latin1').split(' ')[0]);
    answered(report);
  });
  let connected = false;
  // Connected: else the source is chosen anew for each packet, and they are not one connection.
  socket.bind(flow.fromPort ?? 0, flow.from ?? undefined, () =>
    socket.connect(flow.port, flow.to, (error) => {
      connected = !error;
      if (error) report.error = error.code;
    }),
  );
  const send = () => {
    if (connected) socket.send(String(report.sent++));
  };
  return { send, end: () => socket.close() };
};

const openFlow = (flow) => {
  const report = { seen: [], sent: 0, answered: 0, longest: 0, last: performance.now() };
  return { report, ...(flow.protocol === 'udp' ? holdUdp : holdTcp)(flow, report) };
};
const open = flows.map(openFlow);
const reports = () => open.map(({ report }) => report);

const isSettled = ({ answered, error }) => answered > 0 || error !== undefined;
const started = performance.now();
let paused = false;
let ready = false;
setInterval(() => {
  if (!paused) for (const { send } of open) send();
  if (!ready && (reports().every(isSettled) || performance.now() - started > 3000)) {
    ready = true;
    process.stdout.write('{}\n');
  }
}, interval);

/**
 * Sending stops until all that is on its way has been answered. TCP may have to send again, at most for a second; what
 * UDP has lost stays lost, and is not waited for once nothing has come for a while.
 */
const settle = async () => {
  paused = true;
  const since = performance.now();
  const isPending = ({ report: { sent, answered, error, last } }, index) =>
    answered < sent &&
    error === undefined &&
    performance.now() - Math.max(since, last) < (flows[index].protocol === 'udp' ? 100 : 1000);
  while (open.some(isPending)) await new Promise((resolve) => setTimeout(resolve, 10));
  paused = false;
};

const renew = () => {
  for (const [index, { report, end }] of open.entries())
    if (report.error !== undefined || report.seen.length > 1) {
      end();
      open[index] = openFlow(flows[index]);
    } else if (flows[index].protocol === 'udp') Object.assign(report, { sent: 0, answered: 0 });
};

process.stdin
  .on('data', async (line) => {
    await settle();
    const now = performance.now();
    const answers = reports().map(({ last, longest, ...rest }) => ({
      ...rest,
      longest: Math.round(Math.max(longest, now - last)),
    }));
    process.stdout.write(`${JSON.stringify(answers)}\n`);
    for (const report of reports()) Object.assign(report, { longest: 0, last: now });
    if (line.toString().startsWith('renew')) renew();
  })
  .on('end', () => process.exit());
