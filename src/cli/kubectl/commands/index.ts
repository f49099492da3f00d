import type { Command } from '../command.ts';
import { apiResources, apiVersions } from './api-resources.ts';
import { apply } from './apply.ts';
import { auth } from './auth.ts';
import { autoscale } from './autoscale.ts';
import { certificate } from './certificate.ts';
import { clusterInfo, version } from './cluster-info.ts';
import { config } from './config.ts';
import { cordon, uncordon } from './cordon.ts';
import { cp } from './cp.ts';
import { create } from './create.ts';
import { debug } from './debug.ts';
import { deleteCommand } from './delete.ts';
import { describe } from './describe.ts';
import { diff } from './diff.ts';
import { drain } from './drain.ts';
import { edit } from './edit.ts';
import { events } from './events.ts';
import { attach, exec } from './exec.ts';
import { explain } from './explain.ts';
import { expose } from './expose.ts';
import { get } from './get.ts';
import { kustomize } from './kustomize.ts';
import { annotate, label } from './label.ts';
import { completion, plugin } from './local.ts';
import { logs } from './logs.ts';
import { options } from './options.ts';
import { patch } from './patch.ts';
import { portForward } from './port-forward.ts';
import { proxy } from './proxy.ts';
import { replace } from './replace.ts';
import { rollout } from './rollout.ts';
import { run } from './run.ts';
import { scale } from './scale.ts';
import { set } from './set.ts';
import { taint } from './taint.ts';
import { top } from './top.ts';
import { wait } from './wait.ts';

/** Every verb, sorted by name. */
export const COMMANDS: readonly Command[] = [
  annotate,
  apiResources,
  apiVersions,
  apply,
  attach,
  auth,
  autoscale,
  certificate,
  clusterInfo,
  completion,
  config,
  cordon,
  cp,
  create,
  debug,
  deleteCommand,
  describe,
  diff,
  drain,
  edit,
  events,
  exec,
  explain,
  expose,
  get,
  kustomize,
  label,
  logs,
  options,
  patch,
  plugin,
  portForward,
  proxy,
  replace,
  rollout,
  run,
  scale,
  set,
  taint,
  top,
  uncordon,
  version,
  wait,
];
