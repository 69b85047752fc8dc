import {
  answer,
  refused,
  request,
  response,
  same,
  type TransparencyFamily,
} from '../../../support/transparency/transparency-case.ts';

const plain = ['GET', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'M-SEARCH'];
const withBody = [
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'REPORT',
  'QUERY',
  'GET',
];

export const methods: TransparencyFamily = [
  ...plain.map((method) =>
    same(`${method} without a body`, [request(`${method} /m`)], { methods: [method] }),
  ),
  ...withBody.map((method) =>
    same(`${method} with a body`, [request(`${method} /m`, ['Content-Length: 4'], 'a=b\n')], {
      methods: [method],
    }),
  ),
  same('HEAD gets the length of a body that does not come', [request('HEAD /m')], {
    methods: ['HEAD'],
    upstream: answer('HTTP/1.1 200 OK\r\nContent-Length: 5120\r\nETag: "x"\r\n\r\n'),
  }),
  same('HEAD of a chunked resource', [request('HEAD /m')], {
    methods: ['HEAD'],
    upstream: answer('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
  }),
  same('HEAD answered without any framing', [request('HEAD /m')], {
    methods: ['HEAD'],
    upstream: answer('HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n'),
  }),
  same('POST without a length has no body', [request('POST /m')], { methods: ['POST'] }),
  same('OPTIONS * asks the server itself', [request('OPTIONS *')], {
    methods: ['OPTIONS'],
    upstream: answer(response('200 OK', ['Allow: GET, POST'])),
  }),
  // Node's parser knows the registered methods; an unknown one cannot be told from an attack.
  refused('a method that is not registered', [request('BREW /m')]),
  refused('a method in lower case', [request('get /m')]),
];
