/*
 * Upstream mock. `mock PORT`: answers every request with a 559-byte JSON body, and `/sse` with a
 * stream of 50 chunks, one each 50 ms, each carrying its send time, then usage and [DONE].
 */
#include "wire.h"

#define CHUNKS 50
#define INTERVAL_NS 50000000LL
#define MAX_FD 65536

struct conn {
  int fd;
  size_t used, skip;
  int streaming, sent;
  uint32_t generation;
  char in[16384];
};

struct due {
  int fd;
  uint32_t generation;
  int64_t at;
};

static struct conn *conns[MAX_FD];
/* All streams have one cadence, so a plain queue is in order of time. */
static struct due *queue;
static size_t head, tail, capacity = 1 << 20;
static char json_reply[1024];
static size_t json_size;

static void build_json(void) {
  char body[600];
  int n = snprintf(body, sizeof body,
                   "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"model\":\"bench\",\"choices\":"
                   "[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"");
  int end = 559 - 72;
  memset(body + n, 'x', (size_t)(end - n));
  snprintf(body + end, sizeof body - end, "\"}}],\"usage\":{\"prompt_tokens\":42,\"completion_tokens\":128,"
                                          "\"total_tokens\":170}}");
  size_t size = strlen(body);
  json_size = (size_t)snprintf(json_reply, sizeof json_reply,
                               "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                               "date: Tue, 24 Nov 2026 12:00:00 GMT\r\ncontent-length: %zu\r\n\r\n%s",
                               size, body);
}

static void drop(struct conn *c) {
  close(c->fd);
  conns[c->fd] = NULL;
  free(c);
}

static int send_chunk(struct conn *c, const char *data, size_t size) {
  char frame[512];
  int n = snprintf(frame, sizeof frame, "%zx\r\n%.*s\r\n", size, (int)size, data);
  return send_all(c->fd, frame, (size_t)n);
}

static void enqueue(struct conn *c, int64_t at) {
  queue[tail++ % capacity] = (struct due){c->fd, c->generation, at};
}

static int step_stream(struct conn *c, int64_t at) {
  char data[256];
  if (c->sent < CHUNKS) {
    int n = snprintf(data, sizeof data, "data: {\"t\":%lld,\"choices\":[{\"delta\":{\"content\":\"", (long long)now_ns());
    memset(data + n, 'y', 230 - (size_t)n);
    memcpy(data + 230 - 8, "\"}}]}\n\n", 8);
    c->sent++;
    if (send_chunk(c, data, 229) < 0) return -1;
    enqueue(c, at + INTERVAL_NS);
    return 0;
  }
  static const char last[] = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":42,\"completion_tokens\":50}}\n\n"
                             "data: [DONE]\n\n";
  if (send_chunk(c, last, sizeof last - 1) < 0 || send_all(c->fd, "0\r\n\r\n", 5) < 0) return -1;
  c->streaming = 0;
  return 0;
}

static int answer(struct conn *c, int sse) {
  if (!sse) return send_all(c->fd, json_reply, json_size);
  static const char start[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                              "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
  if (send_all(c->fd, start, sizeof start - 1) < 0) return -1;
  c->streaming = 1;
  c->sent = 0;
  c->generation++;
  return step_stream(c, now_ns());
}

/* Returns the size of the first whole request in the buffer, 0 if more is needed. */
static size_t request_size(struct conn *c, int *sse) {
  c->in[c->used] = 0;
  char *end = strstr(c->in, "\r\n\r\n");
  if (!end) return 0;
  size_t head_size = (size_t)(end - c->in) + 4, body = 0;
  for (char *p = c->in; p < end; p++) {
    if (*p == '\n' && strncasecmp(p + 1, "content-length:", 15) == 0) body = strtoul(p + 16, NULL, 10);
    if (*p == '\n' && strncasecmp(p + 1, "transfer-encoding:", 18) == 0) {
      char *stop = strstr(end + 4, "0\r\n\r\n");
      if (!stop) return 0;
      body = (size_t)(stop + 5 - (end + 4));
    }
  }
  *sse = strstr(c->in, "/sse ") != NULL && strstr(c->in, "/sse ") < end;
  return c->used >= head_size + body ? head_size + body : 0;
}

static int on_readable(struct conn *c) {
  ssize_t n = recv(c->fd, c->in + c->used, sizeof c->in - 1 - c->used, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) return -1;
  if (n < 0) return 0;
  c->used += (size_t)n;
  int sse = 0;
  for (size_t size; (size = request_size(c, &sse)) > 0;) {
    memmove(c->in, c->in + size, c->used - size);
    c->used -= size;
    if (answer(c, sse) < 0) return -1;
  }
  return 0;
}

static void run_due(int timer) {
  int64_t now = now_ns();
  while (head < tail && queue[head % capacity].at <= now) {
    struct due d = queue[head++ % capacity];
    struct conn *c = conns[d.fd];
    if (c && c->streaming && c->generation == d.generation && step_stream(c, d.at) < 0) drop(c);
  }
  if (head < tail) arm(timer, queue[head % capacity].at);
}

int main(int argc, char **argv) {
  int one = 1, ep = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0"))};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&a, sizeof a) < 0 || listen(listener, 4096) < 0) die("listen");
  socklen_t size = sizeof a;
  getsockname(listener, (struct sockaddr *)&a, &size);
  printf("%d\n", ntohs(a.sin_port));
  fflush(stdout);
  set_socket(listener);
  signal(SIGPIPE, SIG_IGN);
  queue = calloc(capacity, sizeof *queue);
  build_json();
  watch(ep, listener, &listener);
  watch(ep, timer, &timer);
  struct epoll_event events[512];
  static uint32_t generations;
  for (;;) {
    int n = epoll_wait(ep, events, 512, -1);
    for (int i = 0; i < n; i++) {
      void *who = events[i].data.ptr;
      if (who == &timer) {
        uint64_t ticks;
        if (read(timer, &ticks, sizeof ticks) < 0) continue;
        continue;
      }
      if (who == &listener) {
        for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
          set_socket(fd);
          struct conn *c = calloc(1, sizeof *c);
          c->fd = fd;
          c->generation = generations += 1000;
          conns[fd] = c;
          watch(ep, fd, c);
        }
        continue;
      }
      if (on_readable(who) < 0) drop(who);
    }
    run_due(timer);
  }
}
