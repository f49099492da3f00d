/**
 * The container runtime interface as the kubelet speaks it to the runtime on `unix:/run/containerd/containerd.sock`:
 * JSON over `POST /runtime.v1.RuntimeService/<Method>` and `/runtime.v1.ImageService/<Method>` (sim/http). Names follow
 * cri-api/pkg/apis/runtime/v1. An error answers 500 with a CriError body.
 */
export const CriSocket = 'unix:/run/containerd/containerd.sock';
export const CriPaths = {
  version: '/runtime.v1.RuntimeService/Version',
  status: '/runtime.v1.RuntimeService/Status',
  runPodSandbox: '/runtime.v1.RuntimeService/RunPodSandbox',
  stopPodSandbox: '/runtime.v1.RuntimeService/StopPodSandbox',
  removePodSandbox: '/runtime.v1.RuntimeService/RemovePodSandbox',
  podSandboxStatus: '/runtime.v1.RuntimeService/PodSandboxStatus',
  listPodSandbox: '/runtime.v1.RuntimeService/ListPodSandbox',
  createContainer: '/runtime.v1.RuntimeService/CreateContainer',
  startContainer: '/runtime.v1.RuntimeService/StartContainer',
  stopContainer: '/runtime.v1.RuntimeService/StopContainer',
  removeContainer: '/runtime.v1.RuntimeService/RemoveContainer',
  listContainers: '/runtime.v1.RuntimeService/ListContainers',
  containerStatus: '/runtime.v1.RuntimeService/ContainerStatus',
  updateRuntimeConfig: '/runtime.v1.RuntimeService/UpdateRuntimeConfig',
  execSync: '/runtime.v1.RuntimeService/ExecSync',
  /** A stream with channels (0 stdin, 1 stdout, 2 stderr, 3 metav1.Status at the end, 4 resize); request body ExecRequest. */
  exec: '/runtime.v1.RuntimeService/Exec',
  attach: '/runtime.v1.RuntimeService/Attach',
  portForward: '/runtime.v1.RuntimeService/PortForward',
  /** A stream of log lines in CRI's file format `<time> <stream> F <text>`; the kubelet reads it where a real one reads the file. Body ContainerLogRequest. */
  containerLog: '/runtime.v1.RuntimeService/ContainerLog',
  listImages: '/runtime.v1.ImageService/ListImages',
  imageStatus: '/runtime.v1.ImageService/ImageStatus',
  pullImage: '/runtime.v1.ImageService/PullImage',
  removeImage: '/runtime.v1.ImageService/RemoveImage',
} as const;

export interface CriError {
  /** grpc's name: NotFound, Unknown, DeadlineExceeded, InvalidArgument, FailedPrecondition … */
  readonly code: string;
  readonly message: string;
}

export interface PodSandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
}
export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  readonly hostname: string;
  /** Uses the node's own address instead of one from the pod CIDR. */
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly dns?: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly portMappings?: readonly {
    readonly protocol: string;
    readonly containerPort: number;
    readonly hostPort: number;
    readonly hostIp?: string;
  }[];
}
export type PodSandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
export interface PodSandbox {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: PodSandboxState;
  /** Microseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ip?: string;
  readonly hostNetwork: boolean;
}

export interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}
export interface Mount {
  readonly containerPath: string;
  readonly readonly: boolean;
  /** What is there: the files by relative path, or an emptyDir shared by the pod's containers under `hostPath`. */
  readonly hostPath: string;
}
export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  readonly image: string;
  /** Overrides the image's entrypoint / arguments, as in a Pod. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir?: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  /** Bytes and milli-CPU; absent: none. */
  readonly memoryLimit?: number;
  readonly cpuLimit?: number;
}
export type ContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: ContainerMetadata;
  readonly image: string;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
export interface ContainerStatus extends Container {
  /** Microseconds since the Unix epoch; 0: not yet. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  /** Completed, Error, OOMKilled, ContainerCannotRun, StartError … */
  readonly reason: string;
  readonly message: string;
}
export interface Image {
  /** sha256:… */
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  /** Bytes. */
  readonly size: number;
  /** What the image says when the pod does not: part of image config. */
  readonly pinned?: boolean;
}
export interface ExecRequest {
  readonly containerId: string;
  readonly cmd: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}
export interface ExecSyncRequest {
  readonly containerId: string;
  readonly cmd: readonly string[];
  /** Seconds; 0: none. */
  readonly timeout: number;
}
export interface ExecSyncResponse {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}
export interface ContainerLogRequest {
  readonly containerId: string;
  readonly follow: boolean;
  readonly tailLines?: number;
  /** Microseconds since the Unix epoch. */
  readonly since?: number;
  readonly limitBytes?: number;
}
/** Request and response of every unary method, by its key in CriPaths. */
export interface CriMethods {
  version: {
    request: Record<string, never>;
    response: { readonly runtimeName: string; readonly runtimeVersion: string; readonly runtimeApiVersion: string };
  };
  status: {
    request: Record<string, never>;
    response: {
      readonly conditions: readonly {
        readonly type: 'RuntimeReady' | 'NetworkReady';
        readonly status: boolean;
        readonly reason: string;
        readonly message: string;
      }[];
    };
  };
  runPodSandbox: { request: { readonly config: PodSandboxConfig }; response: { readonly podSandboxId: string } };
  stopPodSandbox: { request: { readonly podSandboxId: string }; response: Record<string, never> };
  removePodSandbox: { request: { readonly podSandboxId: string }; response: Record<string, never> };
  podSandboxStatus: { request: { readonly podSandboxId: string }; response: { readonly status: PodSandbox } };
  listPodSandbox: {
    request: { readonly podUid?: string; readonly state?: PodSandboxState };
    response: { readonly items: readonly PodSandbox[] };
  };
  createContainer: {
    request: {
      readonly podSandboxId: string;
      readonly config: ContainerConfig;
      readonly sandboxConfig: PodSandboxConfig;
    };
    response: { readonly containerId: string };
  };
  startContainer: { request: { readonly containerId: string }; response: Record<string, never> };
  /** Answers when the container has ended. `timeout`: seconds between SIGTERM and SIGKILL. */
  stopContainer: {
    request: { readonly containerId: string; readonly timeout: number };
    response: Record<string, never>;
  };
  removeContainer: { request: { readonly containerId: string }; response: Record<string, never> };
  listContainers: {
    request: { readonly podSandboxId?: string; readonly state?: ContainerState };
    response: { readonly containers: readonly Container[] };
  };
  containerStatus: { request: { readonly containerId: string }; response: { readonly status: ContainerStatus } };
  updateRuntimeConfig: { request: { readonly podCidr: string }; response: Record<string, never> };
  execSync: { request: ExecSyncRequest; response: ExecSyncResponse };
  listImages: { request: Record<string, never>; response: { readonly images: readonly Image[] } };
  imageStatus: { request: { readonly image: string }; response: { readonly image?: Image } };
  pullImage: { request: { readonly image: string }; response: { readonly imageRef: string } };
  removeImage: { request: { readonly image: string }; response: Record<string, never> };
}
