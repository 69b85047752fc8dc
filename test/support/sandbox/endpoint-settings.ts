import type { Micros } from '../../../src/core/units.ts';
import type { Behaviour } from './behaviour.ts';
import { DEFAULT_DEPLOYMENT, type Deployment } from './deployment.ts';

/** `wk-…` and `ws-…` of a proxy token. */
export interface ProxyToken {
  readonly key: string;
  readonly secret: string;
}

/** State of the endpoint at Modal's edge: everything but `live` is answered there, for free. */
export type EdgeState =
  | 'live'
  | 'stopped'
  | 'workspace_disabled'
  | 'rate_limited'
  | 'spend_limit'
  | 'forbidden';

/** One simulated web function or Server. */
export interface SandboxEndpointSettings extends Deployment {
  /** Public host. Default `ws--<name>.modal.run`, or `….modal.direct` for a Server. */
  readonly host: string;
  readonly kind: 'function' | 'server';
  readonly behaviour: Behaviour;
  /** Query parameters of a parametrised class: each set of values has containers of its own. */
  readonly poolParameters: readonly string[];
  /** Modal's 150 s limit of one exchange, after which a function answers 303. */
  readonly httpLimitUs: Micros;
  readonly location: 'absolute' | 'relative';
  /** How long a call runs on after its caller hung up: up to 2 minutes at Modal. */
  readonly cancelGraceUs: Micros;
  /** The function's own `timeout`. */
  readonly functionTimeoutUs: Micros;
  /** The token that the edge asks for; `null` is a public endpoint. */
  readonly proxyToken: ProxyToken | null;
  /** Whether the container runs the identity middleware. */
  readonly identityHeaders: boolean;
  /** An `async def` that blocks: one handler at a time holds the container's event loop. */
  readonly blockingHandler: boolean;
  /** How long the container waits for a request's first message: 5 s at Modal. */
  readonly firstMessageTimeoutUs: Micros;
}

/** The simulated kinds of time are those of Modal; tests shorten them. */
const DEFAULTS = {
  ...DEFAULT_DEPLOYMENT,
  kind: 'function',
  poolParameters: [],
  httpLimitUs: 150_000_000,
  location: 'absolute',
  cancelGraceUs: 200_000,
  functionTimeoutUs: 300_000_000,
  proxyToken: null,
  identityHeaders: false,
  blockingHandler: false,
  firstMessageTimeoutUs: 5_000_000,
} as const;

/** What a test writes: the behaviour, and what differs from Modal's defaults. */
export type SandboxEndpointOptions = Partial<SandboxEndpointSettings> & {
  readonly behaviour: Behaviour;
};

export function endpointSettings(
  name: string,
  options: SandboxEndpointOptions,
): SandboxEndpointSettings {
  const server = options.kind === 'server';
  return {
    ...DEFAULTS,
    host: server ? `ws--${name}.us-east.modal.direct` : `ws--${name}.modal.run`,
    queueing: !server,
    app: { id: `ap-${name}`, name, environment: 'main', tags: {} },
    ...options,
  };
}
