import { formatMicroTime } from '../../lib/time.ts';
import type { KubectlIo } from './io.ts';

/** The process that log lines name; the laptop counts none. */
const PID = '1';

/** A line of kubectl's own log: `W1129 09:55:16.967957       1 prune.go:71] …`. Models klog's header. */
export function logLine(
  io: Pick<KubectlIo, 'now' | 'stderr'>,
  severity: 'E' | 'I' | 'W',
  where: string,
  text: string,
): void {
  const [, month = '', day = '', time = ''] = /^\d+-(\d\d)-(\d\d)T([\d:.]+)Z/.exec(formatMicroTime(io.now())) ?? [];
  io.stderr(`${severity}${month}${day} ${time} ${PID.padStart(7)} ${where}] ${text}\n`);
}
