import type { Disk } from '../sim/env.ts';
import { compareStrings } from '../lib/order.ts';

export interface MountPoint {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
}

export type FileKind = 'file' | 'directory';

/** An error of a system call, in the C library's words: `No such file or directory`. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** Of a file that could be opened. */
export class WriteError extends FileError {}

export const NO_SUCH_FILE = 'No such file or directory';
export const IS_DIRECTORY = 'Is a directory';
export const NO_SPACE = 'No space left on device';
const NOT_DIRECTORY = 'Not a directory';
const READ_ONLY = 'Read-only file system';
const DIRECTORY_MARK = '.dir';
const WHITEOUT = '.wh.';

/** A directory that lives only as the prefix of its files needs a mark to exist while empty. */
export function makeHostDirectory(disk: Disk, hostPath: string): void {
  if (disk.read(`${hostPath}/${DIRECTORY_MARK}`) === undefined) disk.write(`${hostPath}/${DIRECTORY_MARK}`, '');
}

/**
 * A container's view of files: the image's below, what was written above it on the host's disk, volumes mounted over both.
 * Removed files of the image leave a white-out, as in an overlay.
 */
export class FileSystem {
  readonly #disk: Disk;
  readonly #upper: string;
  readonly #lower: ReadonlyMap<string, string>;
  readonly #mounts: readonly MountPoint[];

  constructor(disk: Disk, upper: string, lower: ReadonlyMap<string, string>, mounts: readonly MountPoint[]) {
    this.#disk = disk;
    this.#upper = upper;
    this.#lower = lower;
    this.#mounts = [...mounts].sort((a, b) => b.containerPath.length - a.containerPath.length);
  }

  get mounts(): readonly MountPoint[] {
    return this.#mounts;
  }

  kind(path: string): FileKind | undefined {
    if (path === '/') return 'directory';
    if (this.#readFile(path) !== undefined) return 'file';
    return this.#isDirectory(path) ? 'directory' : undefined;
  }

  read(path: string): string {
    const text = this.#readFile(path);
    if (text !== undefined) return text;
    throw new FileError(this.kind(path) === 'directory' ? IS_DIRECTORY : NO_SUCH_FILE);
  }

  write(path: string, text: string): void {
    if (!this.#disk.write(this.#writable(path), text)) throw new FileError(NO_SPACE);
  }

  append(path: string, text: string): void {
    const host = this.#writable(path);
    const present = this.#readFile(path);
    const isNew = this.#disk.read(host) === undefined;
    const written = isNew ? this.#disk.write(host, (present ?? '') + text) : this.#disk.append(host, text);
    if (!written) throw new FileError(NO_SPACE);
  }

  makeDirectory(path: string): void {
    const mount = this.#mountOf(path);
    if (mount?.readonly === true) throw new FileError(READ_ONLY);
    makeHostDirectory(this.#disk, this.#hostPath(path));
    this.#clearWhiteout(path);
  }

  remove(path: string): void {
    const mount = this.#mountOf(path);
    if (mount?.readonly === true) throw new FileError(READ_ONLY);
    if (mount !== undefined && mount.containerPath === path) throw new FileError('Device or resource busy');
    for (const file of this.#disk.list(`${this.#hostPath(path)}/`)) this.#disk.remove(file);
    this.#disk.remove(this.#hostPath(path));
    if (mount === undefined && this.#inLower(path)) this.#disk.write(this.#whiteoutOf(path), '');
  }

  /** Names in a directory, in order. */
  list(path: string): readonly string[] {
    const kind = this.kind(path);
    if (kind === undefined) throw new FileError(NO_SUCH_FILE);
    if (kind === 'file') throw new FileError(NOT_DIRECTORY);
    const prefix = path === '/' ? '/' : `${path}/`;
    const names = new Set<string>();
    const host = this.#hostPath(path);
    for (const file of this.#disk.list(host.endsWith('/') ? host : `${host}/`)) {
      const name = file.slice(host.length).replace(/^\//, '').split('/')[0] ?? '';
      if (name !== DIRECTORY_MARK && !name.startsWith(WHITEOUT) && name !== '') names.add(name);
    }
    if (this.#mountOf(path) === undefined) {
      for (const file of this.#lower.keys()) {
        if (!file.startsWith(prefix)) continue;
        const name = file.slice(prefix.length).split('/')[0] ?? '';
        if (name !== '' && !this.#isWhitedOut(`${prefix}${name}`)) names.add(name);
      }
    }
    for (const { containerPath } of this.#mounts) {
      if (containerPath.startsWith(prefix)) names.add(containerPath.slice(prefix.length).split('/')[0] ?? '');
    }
    return [...names].sort(compareStrings);
  }

  #readFile(path: string): string | undefined {
    const written = this.#disk.read(this.#hostPath(path));
    if (written !== undefined) return written;
    if (this.#mountOf(path) !== undefined || this.#isWhitedOut(path)) return undefined;
    return this.#lower.get(path);
  }

  #isDirectory(path: string): boolean {
    const prefix = `${path}/`;
    if (this.#mounts.some((mount) => mount.containerPath === path || mount.containerPath.startsWith(prefix)))
      return true;
    if (this.#disk.list(`${this.#hostPath(path)}/`).length > 0) return true;
    if (this.#mountOf(path) !== undefined || this.#isWhitedOut(path)) return false;
    return STANDARD_DIRECTORIES.has(path) || [...this.#lower.keys()].some((file) => file.startsWith(prefix));
  }

  #inLower(path: string): boolean {
    return this.#lower.has(path) || [...this.#lower.keys()].some((file) => file.startsWith(`${path}/`));
  }

  #writable(path: string): string {
    if (this.#mountOf(path)?.readonly === true) throw new FileError(READ_ONLY);
    if (this.kind(path) === 'directory') throw new FileError(IS_DIRECTORY);
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    const kind = this.kind(parent);
    if (kind === undefined) throw new FileError(NO_SUCH_FILE);
    if (kind === 'file') throw new FileError(NOT_DIRECTORY);
    this.#clearWhiteout(path);
    return this.#hostPath(path);
  }

  #mountOf(path: string): MountPoint | undefined {
    return this.#mounts.find(({ containerPath }) => path === containerPath || path.startsWith(`${containerPath}/`));
  }

  #hostPath(path: string): string {
    const mount = this.#mountOf(path);
    if (mount === undefined) return `${this.#upper}${path === '/' ? '' : path}`;
    return `${mount.hostPath}${path.slice(mount.containerPath.length)}`;
  }

  #whiteoutOf(path: string): string {
    const slash = path.lastIndexOf('/');
    return `${this.#upper}${path.slice(0, slash)}/${WHITEOUT}${path.slice(slash + 1)}`;
  }

  #isWhitedOut(path: string): boolean {
    for (let p = path; p !== ''; p = p.slice(0, p.lastIndexOf('/'))) {
      if (this.#disk.read(this.#whiteoutOf(p)) !== undefined) return true;
    }
    return false;
  }

  #clearWhiteout(path: string): void {
    const mark = this.#whiteoutOf(path);
    if (this.#disk.read(mark) !== undefined) this.#disk.remove(mark);
  }
}

const STANDARD_DIRECTORIES: ReadonlySet<string> = new Set([
  '/bin',
  '/dev',
  '/etc',
  '/home',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/tmp',
  '/usr',
  '/usr/bin',
  '/usr/local',
  '/var',
  '/var/log',
  '/var/run',
]);

/** An absolute path without `.`, `..` and double slashes. */
export function resolvePath(cwd: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}
