import { type Behaviour, sendJson } from '../behaviour.ts';

/** Says what the container saw, after `x-sandbox-work-ms`. */
export const echo: Behaviour = async (request, response) => {
  await request.work(request.knob('work-ms', 0) * 1_000);
  sendJson(response, request.knob('status', 200), {
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: request.body.toString('base64'),
  });
};
