/* A sample of durations in microseconds, and its percentiles as JSON. */
#ifndef SAMPLE_H
#define SAMPLE_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct sample {
  uint32_t *us;
  size_t count, capacity;
};

static inline void add(struct sample *s, int64_t ns) {
  if (s->count == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 1 << 16;
    s->us = realloc(s->us, s->capacity * sizeof *s->us);
  }
  s->us[s->count++] = ns < 0 ? 0 : (uint32_t)(ns / 1000);
}

static inline int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static inline void print_sample(const char *name, struct sample *s) {
  if (s->count == 0) return;
  qsort(s->us, s->count, sizeof *s->us, by_size);
  printf(",\"%s\":{\"count\":%zu,\"p50\":%u,\"p90\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u}", name, s->count,
         s->us[s->count / 2], s->us[s->count * 90 / 100], s->us[s->count * 99 / 100],
         s->us[s->count * 999 / 1000], s->us[s->count - 1]);
}
#endif
