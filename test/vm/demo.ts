// The demonstration: a router with two PPPoE lines in a virtual machine, one of them hung up while traffic runs.
import { runDemo } from './demo/demo.ts';
import { openScreen } from './demo/screen.ts';
import { whyNoLab } from './lab/packages.ts';

const screen = openScreen();
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    // The second time, whoever asks wants out at once; QEMU goes with this process.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });

const reason = await whyNoLab();
try {
  if (reason !== false) throw new Error(reason);
  await runDemo(screen, interrupted.signal);
} catch (error) {
  screen.rest();
  const message = error instanceof Error ? error.message : String(error);
  console.error(
    interrupted.signal.aborted
      ? '\ninterrupted; the virtual machine is gone'
      : `\nthe demonstration failed: ${message}`,
  );
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}
