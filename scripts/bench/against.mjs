// An earlier commit's tree in .cache/against, measured by this commit's measuring programs.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root, run } from '../setup.mjs';

/** Measuring programs that the earlier tree is given, so that both are measured alike. */
const MEASURING = ['src/cluster/bench.ts'];

export function treeOf(commit) {
  const found = spawnSync('git', ['rev-parse', '--verify', '--short', `${commit}^{commit}`], {
    cwd: root,
    encoding: 'utf8',
  });
  if (found.status !== 0) fail(`no such commit: ${commit}`);
  const tree = join(root, '.cache', 'against', found.stdout.trim());
  if (!existsSync(tree)) {
    mkdirSync(join(root, '.cache', 'against'), { recursive: true });
    run('git', ['worktree', 'prune']);
    run('git', ['worktree', 'add', '--detach', '--force', tree, commit], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const lock = (of) => readFileSync(join(of, 'package-lock.json'), 'utf8');
  const modules = join(tree, 'node_modules');
  if (lock(tree) === lock(root) && !existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules);
  for (const file of MEASURING) copyFileSync(join(root, file), join(tree, file));
  return tree;
}

export function removeTree(tree) {
  // Only the link goes, not what it leads to.
  rmSync(join(tree, 'node_modules'), { recursive: true, force: true });
  run('git', ['worktree', 'remove', '--force', tree]);
}
