import type { Sink } from '../export/sink.ts';
import type { Channel } from '../ports/channel.ts';
import type { Job } from '../ports/jobs.ts';
import type { Tracing } from '../ports/tracing.ts';

/** Each run of a job is a span: settlement, evaluation of alerts, retention and the rest. */
export function tracedJobs(jobs: readonly Job[], tracing: Tracing): Job[] {
  return jobs.map((job) => ({
    ...job,
    run: (run) => tracing.span(`job ${job.name}`, { late: run.late }, () => job.run(run)),
  }));
}

/** Each batch that is sent to a sink is a span. */
export function tracedSinks(sinks: readonly Sink[], tracing: Tracing): Sink[] {
  return sinks.map((sink) => ({
    ...sink,
    lanes: sink.lanes.map((lane) => ({
      ...lane,
      deliver: (items, sending) =>
        tracing.span(
          'export batch',
          {
            sink: sink.name,
            stream: lane.stream,
            items: items.length,
            attempt: sending.attempt,
          },
          () => lane.deliver(items, sending),
        ),
    })),
  }));
}

/** Each message to a channel is a span. */
export function tracedChannels(channels: readonly Channel[], tracing: Tracing): Channel[] {
  return channels.map((channel) => ({
    ...channel,
    send: (message) =>
      tracing.span('deliver notice', { channel: channel.name, rule: message.notice.rule }, () =>
        channel.send(message),
      ),
  }));
}
