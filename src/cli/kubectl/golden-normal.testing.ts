// What two clusters cannot have equal: names that are made up, times, and the machines of the recording, whose kubelets were fakes.

/** Tokens that differ: what they stand for is kept, and so is every line. */
const TOKENS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/(?:fakeRuntime|containerd):\/\/[^\s"]+/g, '<container>'],
  [/(resourceVersion"?: )"\d+"/g, '$1"<version>"'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, '<date>'],
  [/^([EWI])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /gm, '$1<stamp> '],
  [/\b(?:192\.168\.192\.168|192\.0\.2\.\d+|10\.244\.\d+\.\d+(?!\.?\d*\/)|10\.0\.0\.\d+)\b/g, '<ip>'],
  [/<ip>:1?6443\b/g, '<ip>:<port>'],
  [/^(TargetPort:\s+)1?6443\/TCP|(targetPort"?: )1?6443\b/gm, '$1$2<port>'],
  [/\bhollow-node-\d\b/g, 'hollow-node-N'],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<x>'],
  [/\b((?:spread|fill|web)-)[a-z0-9]{6,10}-[a-z0-9]{5}\b/g, '$1<hash>-<x>'],
  [/\b(gen-)[a-z0-9]{5}\b/g, '$1<x>'],
  [/docker\.io\/library\//g, ''],
  [/^( *(?:- )?image: |[ ]*Image: +)(?:x|nginx|busybox)$/gm, '$1<image>'],
  [/\.[0-9a-f]{16}\b/g, '.<stamp>'],
  [/\bv1\.35\.\d+\b/g, '<release>'],
  [/("?gitCommit"?: "?)[0-9a-f]{40}|("?goVersion"?: "?)go[\d.]+/g, '$1$2<build>'],
  [/\b(?:vm|cp-1)_<uid>/g, '<host>_<uid>'],
  [/\b(default-scheduler-)(?:vm|cp-1)\b/g, '$1<host>'],
  [/\bapiserver-[a-z0-9]{26}\b/g, 'apiserver-<x>'],
  [/Debian GNU\/Linux \d+ \(\w+\)  +\S+/g, '<os>  <kernel>'],
  [/(in directory ')[^']*/g, '$1<directory>'],
  [/^( +user:) \{\}$/gm, '$1'],
  [/<invalid>|\b(?:\d+[dhms]){1,2}\b/g, '<age>'],
];

/**
 * A recorded command as it is given here. The recording's runtime had every image, and ran each for ever: another image
 * stands in for those that cannot be had here, or that end.
 */
export function withImages<T extends { readonly argv: readonly string[]; readonly stdin?: string }>(command: T): T {
  const { argv, stdin } = command;
  return {
    ...command,
    argv: argv[1] === 'run' && argv[2] === 'bare' ? argv.map((word) => word.replace('=busybox', '=nginx')) : argv,
    ...(stdin === undefined ? {} : { stdin: stdin.replace(/\bimage: x(?=[,}\s])/g, 'image: nginx') }),
  };
}

/** Lines about the machines and their kubelets, and progress that depends on the moment. */
const OF_MACHINES: readonly RegExp[] = [
  /^ {2}(?: {4})?(?:hugepages-[12][GM]i|cpu|memory|ephemeral-storage):? /,
  /^ *"?(?:machineID|systemUUID|bootID|kernelVersion|osImage|providerID)"?: /,
  /^ *(?:Machine ID|System UUID|Boot ID|Kernel Version|OS Image|ProviderID): /,
  /volumes\.kubernetes\.io\/controller-managed-attach-detach/,
  /^ *(?:Container ID|Image ID): |^ *(?:- )?"?(?:containerID|imageID|started)"?: /,
  /^ *(?:g5|kube-system) .*(?:\(\d+%\)|kube-proxy-)/,
  /^ *(?:<age>|Normal|Warning) .*\bkubelet\b/,
  /^<age>.* (?:Normal|Warning) +(?:Pulling|Pulled|Created|Started|Killing|BackOff|Failed|Starting|NodeHas\w+|NodeAllocatableEnforced|NodeReady) /,
  /^Waiting for deployment /,
  /^[EWI]<stamp> reflector\.go:/,
  /^ +(?:certificate-authority|client-certificate|client-key)(?:-data)?: /,
];

/** One text for all answers that say the same. */
export function normalise(text: string): string {
  let out = text;
  for (const [pattern, token] of TOKENS) out = out.replace(pattern, token);
  out = out.replace(/^(Non-terminated Pods: +)\(\d+ in total\)/gm, '$1(<n> in total)');
  return out
    .split('\n')
    .filter((line) => !OF_MACHINES.some((pattern) => pattern.test(line)))
    .map((line) => line.replace(/ {2,}/g, '  ').replace(/-{2,}/g, '--').trimEnd())
    .join('\n');
}
