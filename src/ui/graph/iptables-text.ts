import type { Json, Rule, RuleTarget, Tables } from '../../sim/env.ts';

/** A machine's rules as `iptables-save` prints them. */
export function printTables(json: Json): string {
  const tables = json as unknown as Tables;
  const lines: string[] = [];
  for (const [table, chains] of Object.entries(tables)) {
    lines.push(`*${table}`);
    for (const [chain, { policy }] of Object.entries(chains)) lines.push(`:${chain} ${policy ?? '-'} [0:0]`);
    for (const [chain, { rules }] of Object.entries(chains))
      for (const rule of rules) lines.push(`-A ${chain}${ruleText(rule)}`);
    lines.push('COMMIT', '');
  }
  return lines.join('\n');
}

function ruleText({ match, target, comment }: Rule): string {
  const words: string[] = [];
  const address = (flag: string, value: string): string =>
    value.startsWith('!') ? `! ${flag} ${value.slice(1).trim()}` : `${flag} ${value}`;
  if (match?.source !== undefined) words.push(address('-s', match.source));
  if (match?.destination !== undefined) words.push(address('-d', match.destination));
  if (match?.protocol !== undefined) words.push(`-p ${match.protocol}`);
  if (comment !== undefined) words.push(`-m comment --comment ${JSON.stringify(comment)}`);
  if (match?.destinationPort !== undefined)
    words.push(`-m ${match.protocol ?? 'tcp'} --dport ${match.destinationPort}`);
  if (match?.destinationLocal === true) words.push('-m addrtype --dst-type LOCAL');
  if (match?.state !== undefined) words.push(`-m conntrack --ctstate ${match.state.join(',')}`);
  if (match?.mark !== undefined)
    words.push(`-m mark ${match.mark.not === true ? '! ' : ''}--mark ${hex(match.mark.value)}/${hex(match.mark.mask)}`);
  if (match?.probability !== undefined)
    words.push(`-m statistic --mode random --probability ${(match.probability / 2 ** 31).toFixed(11)}`);
  return ` ${[...words, targetText(target)].join(' ')}`;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

function targetText(target: RuleTarget): string {
  switch (target.kind) {
    case 'jump':
      return `-j ${target.chain}`;
    case 'dnat':
      return `-p tcp -m tcp -j DNAT --to-destination ${target.to}`.replace('-p tcp -m tcp ', '');
    case 'reject':
      return `-j REJECT --reject-with ${target.with}`;
    case 'mark':
      return target.or === undefined
        ? `-j MARK --xor-mark ${hex(target.xor ?? 0)}`
        : `-j MARK --or-mark ${hex(target.or)}`;
    case 'masquerade':
      return '-j MASQUERADE --random-fully';
    default:
      return `-j ${target.kind.toUpperCase()}`;
  }
}
