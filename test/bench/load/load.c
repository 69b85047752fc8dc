/*
 * Load generator. Prints one JSON line.
 *   load closed PORT PATH HOST CONNECTIONS SECONDS         as fast as possible, one request a connection
 *   load open   PORT PATH HOST CONNECTIONS SECONDS RATE    fixed rate, latency from the scheduled instant
 *   load sse    PORT PATH HOST STREAMS SECONDS             streams, each restarted when it ends
 * EXTRA_HEADERS in the environment is inserted as it is (lines ending in \r\n).
 */
#include "wire.h"
#include "sample.h"

#define BODY_SIZE 300

struct conn {
  int fd;
  int busy, stream;
  int64_t since;
  int first_seen;
  size_t used;
  /* response parser */
  int in_body, chunked, status;
  long remaining;
  char in[65536];
};

static struct sample latency, ttfb, delay;
static size_t errors, completed, bad_status;
static char request[4096];
static size_t request_bytes;
static struct sockaddr_in target;
static int ep, measuring;

static void build_request(const char *path, const char *host) {
  char body[BODY_SIZE + 1];
  int n = snprintf(body, sizeof body, "{\"model\":\"bench\",\"messages\":[{\"role\":\"user\",\"content\":\"");
  memset(body + n, 'p', BODY_SIZE - (size_t)n);
  memcpy(body + BODY_SIZE - 4, "\"}]}", 5);
  const char *extra = getenv("EXTRA_HEADERS");
  request_bytes = (size_t)snprintf(request, sizeof request,
                                   "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
                                   "Accept-Language: en\r\nAuthorization: Bearer bench\r\nX-Request-Id: 42\r\n%s"
                                   "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                                   path, host, extra ? extra : "", BODY_SIZE, body);
}

static int open_socket(struct conn *c) {
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c->fd, (struct sockaddr *)&target, sizeof target) < 0) {
    close(c->fd);
    return -1;
  }
  set_socket(c->fd);
  c->used = 0;
  c->in_body = c->busy = 0;
  watch(ep, c->fd, c);
  return 0;
}

static void start(struct conn *c, int64_t since) {
  c->busy = 1;
  c->since = since;
  c->first_seen = 0;
  c->in_body = 0;
  if (send_all(c->fd, request, request_bytes) < 0) errors++;
}

/* Looks at a piece of a stream's body: every `"t":NS` is the send time of a chunk. */
static void see_stream(struct conn *c, const char *data, size_t size) {
  int64_t now = now_ns();
  for (const char *p = data, *end = data + size; (p = memmem(p, (size_t)(end - p), "\"t\":", 4)); p += 4) {
    if (measuring && !c->first_seen) add(&ttfb, now - c->since);
    c->first_seen = 1;
    if (measuring) add(&delay, now - strtoll(p + 4, NULL, 10));
  }
}

/* Parses the head at the buffer's start; returns its size, 0 if it is not whole. */
static size_t parse_head(struct conn *c) {
  c->in[c->used] = 0;
  char *end = strstr(c->in, "\r\n\r\n");
  if (!end) return 0;
  c->status = atoi(c->in + 9);
  c->chunked = 0;
  c->remaining = 0;
  for (char *p = c->in; p < end; p++) {
    if (*p != '\n') continue;
    if (strncasecmp(p + 1, "content-length:", 15) == 0) c->remaining = strtol(p + 16, NULL, 10);
    if (strncasecmp(p + 1, "transfer-encoding: chunked", 26) == 0) c->chunked = 1;
  }
  c->in_body = 1;
  return (size_t)(end - c->in) + 4;
}

static void consume(struct conn *c, size_t size) {
  memmove(c->in, c->in + size, c->used - size);
  c->used -= size;
}

/* 1 when a response has ended. */
static int parse(struct conn *c) {
  for (;;) {
    if (!c->in_body) {
      size_t head = parse_head(c);
      if (head == 0) return 0;
      consume(c, head);
    }
    if (!c->chunked) {
      size_t take = c->used < (size_t)c->remaining ? c->used : (size_t)c->remaining;
      consume(c, take);
      c->remaining -= (long)take;
      return c->remaining == 0;
    }
    c->in[c->used] = 0;
    char *line = strstr(c->in, "\r\n");
    if (!line) return 0;
    size_t size = strtoul(c->in, NULL, 16), frame = (size_t)(line - c->in) + 2 + size + 2;
    if (c->used < frame) return 0;
    if (c->stream) see_stream(c, line + 2, size);
    consume(c, frame);
    if (size == 0) return 1;
  }
}

/* Returns 1 when the connection's response has ended, -1 when the connection broke. */
static int on_readable(struct conn *c) {
  ssize_t n = recv(c->fd, c->in + c->used, sizeof c->in - 1 - c->used, 0);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n <= 0) return -1;
  c->used += (size_t)n;
  if (!parse(c)) return 0;
  if (c->status != 200) bad_status++;
  if (measuring) completed++;
  if (measuring && !c->stream) add(&latency, now_ns() - c->since);
  c->busy = 0;
  return 1;
}

static void reopen(struct conn *c) {
  if (measuring) errors++;
  close(c->fd);
  for (int i = 0; i < 100 && open_socket(c) < 0; i++) usleep(10000);
}

int main(int argc, char **argv) {
  if (argc < 7) return fprintf(stderr, "usage: load closed|open|sse PORT PATH HOST CONNECTIONS SECONDS [RATE]\n"), 2;
  int open_loop = strcmp(argv[1], "open") == 0, stream = strcmp(argv[1], "sse") == 0;
  int connections = atoi(argv[5]);
  double seconds = atof(argv[6]), rate = open_loop ? atof(argv[7]) : 0;
  target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  build_request(argv[3], argv[4]);
  signal(SIGPIPE, SIG_IGN);
  ep = epoll_create1(0);
  struct conn *all = calloc((size_t)connections, sizeof *all);
  for (int i = 0; i < connections; i++) {
    all[i].stream = stream;
    if (open_socket(&all[i]) < 0) die("connect");
  }
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  watch(ep, timer, &timer);
  /* The first half second warms up and is not measured; a stream's first round is. */
  int64_t begin = now_ns(), warm = begin + (stream ? 0 : 500000000), stop = warm + (int64_t)(seconds * 1e9);
  int64_t scheduled = begin, backlog_from = begin;
  int64_t step = open_loop ? (int64_t)(1e9 / rate) : 0;
  size_t idle_count = 0;
  struct conn **idle = calloc((size_t)connections, sizeof *idle);
  int started = 0;
  for (int i = 0; i < connections; i++) {
    if (open_loop) idle[idle_count++] = &all[i];
    else if (!stream) start(&all[i], now_ns());
  }
  struct epoll_event events[1024];
  for (;;) {
    int64_t now = now_ns();
    if (now >= stop) break;
    measuring = now >= warm;
    if (stream) /* streams start spread over one interval, so that chunks do not come in one burst */
      while (started < connections && now >= begin + started * (1000000000LL / connections)) start(&all[started++], now);
    while (open_loop && scheduled <= now) scheduled += step;
    while (open_loop && backlog_from < scheduled && idle_count > 0) {
      start(idle[--idle_count], backlog_from);
      backlog_from += step;
    }
    int64_t wake = open_loop ? scheduled : now + 1000000;
    arm(timer, wake < stop ? wake : stop);
    int n = epoll_wait(ep, events, 1024, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == &timer) {
        uint64_t ticks;
        if (read(timer, &ticks, sizeof ticks) < 0) continue;
        continue;
      }
      struct conn *c = events[i].data.ptr;
      int result = on_readable(c);
      if (result < 0) {
        int was_busy = c->busy;
        reopen(c);
        if (open_loop && was_busy) idle[idle_count++] = c;
        else if (!open_loop) start(c, now_ns());
      } else if (result == 1) {
        if (open_loop) idle[idle_count++] = c;
        else start(c, now_ns());
      }
    }
  }
  printf("{\"completed\":%zu,\"seconds\":%.3f,\"errors\":%zu,\"badStatus\":%zu", completed, seconds, errors, bad_status);
  print_sample("latencyUs", &latency);
  print_sample("ttfbUs", &ttfb);
  print_sample("chunkDelayUs", &delay);
  printf("}\n");
  return 0;
}
