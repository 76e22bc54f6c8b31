/** What is answered over HTTP: /metrics, /health, /ready. Nothing else is there, and nothing can be changed through it. */
import type { AgentStatus } from '../core/status.ts';
import { healthOf } from './health.ts';
import type { LoopWatch } from './loop-watch.ts';
import type { PrometheusMetrics } from './prometheus.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The answer to a GET of `path`. */
export type HttpPages = (path: string, accept: string) => Promise<HttpAnswer>;

/** Pages of the running agent. Before `status` gives a status, the agent is neither ready nor unhealthy. */
export function metricsPages(options: {
  metrics: PrometheusMetrics;
  status: () => AgentStatus | undefined;
  loops: LoopWatch;
  lagSecondsMax: number;
}): HttpPages {
  return async (path, accept) => {
    const status = options.status();
    switch (path) {
      case '/metrics':
        return { status: 200, ...(await options.metrics.render(accept)) };
      case '/health': {
        if (status === undefined) return json(200, { healthy: true, reasons: [] });
        const health = healthOf(status, { lagSecondsMax: options.lagSecondsMax, stuck: options.loops.stuck() });
        return json(health.healthy ? 200 : 503, health);
      }
      case '/ready':
        return status === undefined ? json(503, { ready: false }) : json(200, { ready: true });
      default:
        return json(404, { error: 'there are /metrics, /health and /ready' });
    }
  };
}

function json(status: number, value: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:9464`, `[::1]:9464`, `:9464` or `9464` (both on loopback); `undefined` for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(?<host>[^\s:[\]]+|\[[^\s[\]]+\])?:)?(?<port>\d{1,5})$/.exec(text.trim());
  const port = Number(match?.groups?.port);
  if (match === null || port > 65_535) return undefined;
  return { host: (match.groups?.host ?? '127.0.0.1').replaceAll(/[[\]]/g, ''), port };
}
