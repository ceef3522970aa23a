// SPDX-License-Identifier: Apache-2.0
//
// Measures what a tunnel does to UDP: delay, rate, time to the first answer. Results are JSON, one line.
//
//   probe serve IP PORT                                      answers echoes, counts load, reports counts; until it is killed
//   probe rtt IP PORT [--rate 1000] [--seconds 5] [--size 64]     echoes by the clock, whether answers come or not
//   probe pps IP PORT [--size 64] [--seconds 2] [--peers IP,IP,…] the highest rate with at most 0.1 % loss, by bisection
//   probe first IP PORT [--every-ms 5] [--deadline-ms 10000]      sends until something comes back
//
// SIZE is the payload of a datagram; 36 make an IPv4 packet of 64 bytes.
#include "probe.h"

enum { PEERS = 256 };

struct options {
  long rate, seconds, size, every_ms, deadline_ms;
  struct sockaddr_in peers[PEERS];
  int peer_count;
};

static int64_t drain(int udp, int64_t *delays, int64_t count, int64_t capacity, uint32_t run) {
  struct probe p;
  while (recv(udp, &p, sizeof p, MSG_DONTWAIT) >= (ssize_t)sizeof p) {
    if (p.kind == PROBE_ECHO && p.run == run && count < capacity) delays[count++] = now_ns() - p.sent_ns;
  }
  return count;
}

// Takes answers until the time comes.
static int64_t listen_until(int udp, int64_t until, int64_t *delays, int64_t count, int64_t capacity, uint32_t run) {
  for (int64_t left; (left = until - now_ns()) > 0;) {
    struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    if (ppoll(&(struct pollfd){.fd = udp, .events = POLLIN}, 1, &wait, NULL) > 0) {
      count = drain(udp, delays, count, capacity, run);
    }
  }
  return count;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static double percentile_us(const int64_t *sorted, int64_t count, double part) {
  return count == 0 ? 0 : (double)sorted[(int64_t)(part * (double)(count - 1))] / 1000;
}

static int rtt(const struct options *o) {
  static uint8_t packet[PROBE_LARGEST];
  int64_t total = o->rate * o->seconds, sent = 0, received = 0;
  int64_t *delays = calloc((size_t)total, sizeof *delays), start = now_ns();
  uint32_t run = (uint32_t)start;
  int udp = probe_socket();
  if (!delays) err(1, "memory");
  for (int64_t i = 0; i < total; i++) {
    received = listen_until(udp, start + i * 1000000000 / o->rate, delays, received, total, run);
    struct probe p = {.kind = PROBE_ECHO, .run = run, .sequence = (uint64_t)i, .sent_ns = now_ns()};
    memcpy(packet, &p, sizeof p);
    if (sendto(udp, packet, (size_t)o->size, MSG_DONTWAIT, (const struct sockaddr *)o->peers, sizeof o->peers[0]) > 0) sent++;
  }
  received = listen_until(udp, now_ns() + 1000000000, delays, received, total, run);
  qsort(delays, (size_t)received, sizeof *delays, ascending);
  printf("{\"sent\":%lld,\"received\":%lld,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n", (long long)sent,
         (long long)received, percentile_us(delays, received, 0.5), percentile_us(delays, received, 0.9),
         percentile_us(delays, received, 0.99), percentile_us(delays, received, 1));
  free(delays);
  return received > 0 ? 0 : 1;
}

static uint64_t reported(int udp, const struct sockaddr_in *peer, uint32_t run) {
  struct probe ask = {.kind = PROBE_REPORT, .run = run}, answer;
  for (int tries = 0; tries < 20; tries++) {
    (void)!sendto(udp, &ask, sizeof ask, 0, (const struct sockaddr *)peer, sizeof *peer);
    while (poll(&(struct pollfd){.fd = udp, .events = POLLIN}, 1, 200) > 0) {
      if (recv(udp, &answer, sizeof answer, MSG_DONTWAIT) < (ssize_t)sizeof answer) continue;
      if (answer.kind == PROBE_REPORT && answer.run == run) return answer.sequence;
    }
  }
  errx(1, "no report from %s: does 'probe serve' run there?", inet_ntoa(peer->sin_addr));
}

static int64_t arrived_in_all;

struct trial {
  double offered, arrived;  // datagrams per second
  double loss;              // part of those sent
  bool kept;                // the sender kept up, and at most one in a thousand was lost
};

// Sends at a rate, a burst every half millisecond at most (which a sleeping process can keep), round-robin over the peers.
static struct trial try_rate(const struct options *o, double rate, double seconds) {
  static uint8_t packet[PROBE_LARGEST];
  static uint32_t runs;
  struct iovec part = {packet, (size_t)o->size};
  struct mmsghdr messages[PROBE_BATCH];
  uint32_t run = ((uint32_t)getpid() << 12) + runs++;
  int64_t total = (int64_t)(rate * seconds), sent = 0, arrived = 0, start = now_ns(), end;
  int udp = probe_socket(), peer = 0;
  struct probe head = {.kind = PROBE_LOAD, .run = run};
  memcpy(packet, &head, sizeof head);

  end = start + (int64_t)(seconds * 1e9);
  for (int64_t now; sent < total && (now = now_ns()) < end + (end - start) / 50;) {
    int64_t due = (int64_t)((double)(now - start) * rate / 1e9) + 1;
    if (due > total) due = total;
    while (sent < due) {
      int wanted = due - sent < PROBE_BATCH ? (int)(due - sent) : PROBE_BATCH;
      for (int i = 0; i < wanted; i++, peer = (peer + 1) % o->peer_count) {
        messages[i].msg_hdr = (struct msghdr){.msg_name = (void *)&o->peers[peer], .msg_namelen = sizeof o->peers[0],
                                              .msg_iov = &part, .msg_iovlen = 1};
      }
      int done = sendmmsg(udp, messages, (unsigned)wanted, 0);
      sent += done > 0 ? done : 1;
    }
    if (sent < total) sleep_until_ns(now_ns() + 500000);
  }
  double took = (double)(now_ns() - start) / 1e9;
  // What is under way arrives before the question.
  sleep_until_ns(now_ns() + 300000000);
  for (int i = 0; i < o->peer_count; i++) arrived += (int64_t)reported(udp, &o->peers[i], run);
  close(udp);

  arrived_in_all += arrived;
  struct trial t = {.offered = (double)sent / took, .arrived = (double)arrived / took};
  t.loss = sent == 0 ? 1 : 1 - (double)arrived / (double)sent;
  t.kept = t.loss <= 0.001 && t.offered >= 0.98 * rate;
  return t;
}

static int pps(const struct options *o) {
  double low = 0, high = 5000;
  struct trial best = {0}, t;
  arrived_in_all = 0;
  int trials = 0;
  // Double until it breaks, in short trials; then halve the gap to within a twentieth, in full ones.
  while ((t = try_rate(o, high, 0.5), trials++, t.kept) && high < 2e7) {
    low = high;
    high *= 2;
  }
  while (low > 0 && high / low > 1.05) {
    double rate = (low + high) / 2;
    t = try_rate(o, rate, (double)o->seconds);
    trials++;
    if (t.kept) best = t;
    *(t.kept ? &low : &high) = rate;
  }
  // Nothing above the last short trial held in a full one: look for what does, further down.
  for (double rate = low > 0 ? low : high / 2; best.arrived == 0 && rate > 100; rate *= 0.85, trials++) {
    t = try_rate(o, rate, (double)o->seconds);
    if (t.kept) best = t;
  }
  // What carried all trials may be divided by what arrived in all trials.
  printf("{\"pps\":%.0f,\"loss\":%.6f,\"size\":%ld,\"peers\":%d,\"trials\":%d,\"received\":%lld}\n", best.arrived,
         best.loss < 0 ? 0 : best.loss, o->size, o->peer_count, trials, (long long)arrived_in_all);
  return best.arrived > 0 ? 0 : 1;
}

static int first(const struct options *o) {
  int64_t start = now_ns(), next = start, deadline = start + o->deadline_ms * 1000000;
  struct probe p = {.kind = PROBE_ECHO, .run = (uint32_t)start}, answer;
  int udp = probe_socket();
  while (next < deadline) {
    // Without a route or an address yet, sending fails; that is what is waited for.
    p.sequence++;
    p.sent_ns = now_ns();
    (void)!sendto(udp, &p, sizeof p, MSG_DONTWAIT, (const struct sockaddr *)o->peers, sizeof o->peers[0]);
    next += o->every_ms * 1000000;
    for (int64_t left; (left = next - now_ns()) > 0;) {
      struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
      if (ppoll(&(struct pollfd){.fd = udp, .events = POLLIN}, 1, &wait, NULL) <= 0) continue;
      if (recv(udp, &answer, sizeof answer, MSG_DONTWAIT) < (ssize_t)sizeof answer || answer.run != p.run) continue;
      int64_t at = now_ns();
      printf("{\"first_ms\":%.3f,\"first_ns\":%lld,\"started_ns\":%lld,\"sent\":%llu}\n", (double)(at - start) / 1e6,
             (long long)at, (long long)start, (unsigned long long)p.sequence);
      return 0;
    }
  }
  fprintf(stderr, "probe: no answer in %ld ms\n", o->deadline_ms);
  return 1;
}

static long number(const char *text, long least, long most) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end != 0 || value < least || value > most) errx(2, "not a number from %ld to %ld: %s", least, most, text);
  return value;
}

static struct options parse(int count, char **words) {
  struct options o = {.rate = 1000, .seconds = 0, .size = 64, .every_ms = 5, .deadline_ms = 10000, .peer_count = 1};
  o.peers[0] = probe_address(words[2], words[3]);
  for (int i = 4; i < count; i += 2) {
    char *name = words[i], *value = i + 1 < count ? words[i + 1] : "";
    if (!strcmp(name, "--rate")) o.rate = number(value, 1, 1000000);
    else if (!strcmp(name, "--seconds")) o.seconds = number(value, 1, 3600);
    else if (!strcmp(name, "--size")) o.size = number(value, sizeof(struct probe), PROBE_LARGEST);
    else if (!strcmp(name, "--every-ms")) o.every_ms = number(value, 1, 10000);
    else if (!strcmp(name, "--deadline-ms")) o.deadline_ms = number(value, 1, 3600000);
    else if (!strcmp(name, "--peers")) {
      o.peer_count = 0;
      for (char *ip = strtok(value, ","); ip; ip = strtok(NULL, ",")) {
        if (o.peer_count == PEERS) errx(2, "more than %d peers", PEERS);
        o.peers[o.peer_count++] = probe_address(ip, words[3]);
      }
      if (o.peer_count == 0) errx(2, "--peers needs addresses");
    } else errx(2, "unknown option %s", name);
  }
  return o;
}

// Counts are by run modulo the table's size: clients with old runs do not come back.
static int serve(const struct sockaddr_in *address) {
  enum { RUNS = 4096 };
  static struct { uint32_t run; uint64_t arrived; } counts[RUNS];
  static uint8_t memory[PROBE_BATCH][2048];
  struct mmsghdr in[PROBE_BATCH], out[PROBE_BATCH];
  struct iovec parts[PROBE_BATCH], back[PROBE_BATCH];
  struct sockaddr_in from[PROBE_BATCH];
  int udp = probe_socket();
  if (bind(udp, (const struct sockaddr *)address, sizeof *address)) err(1, "bind");
  for (;;) {
    for (int i = 0; i < PROBE_BATCH; i++) {
      parts[i] = (struct iovec){memory[i], sizeof memory[i]};
      in[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(udp, in, PROBE_BATCH, MSG_WAITFORONE, NULL), answers = 0;
    for (int i = 0; i < count; i++) {
      struct probe p;
      if (in[i].msg_len < sizeof p) continue;
      memcpy(&p, memory[i], sizeof p);
      uint32_t at = p.run % RUNS;
      if (p.kind == PROBE_LOAD) {
        if (counts[at].run != p.run) counts[at].arrived = 0;
        counts[at].run = p.run;
        counts[at].arrived++;
        continue;
      }
      if (p.kind == PROBE_REPORT) p.sequence = counts[at].run == p.run ? counts[at].arrived : 0;
      memcpy(memory[i], &p, sizeof p);
      back[answers] = (struct iovec){memory[i], in[i].msg_len};
      out[answers].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &back[answers],
                                             .msg_iovlen = 1};
      answers++;
    }
    for (int sent = 0, done; sent < answers; sent += done > 0 ? done : 1) {
      done = sendmmsg(udp, out + sent, (unsigned)(answers - sent), 0);
    }
  }
}

int main(int count, char **words) {
  const char *verb = count < 4 ? "" : words[1];
  struct options o = {0};
  if (*verb) o = parse(count, words);
  if (!strcmp(verb, "serve")) return serve(o.peers);
  if (!o.seconds) o.seconds = strcmp(verb, "pps") ? 5 : 2;
  if (!strcmp(verb, "rtt")) return rtt(&o);
  if (!strcmp(verb, "pps")) return pps(&o);
  if (!strcmp(verb, "first")) return first(&o);
  fprintf(stderr, "usage: probe serve | rtt | pps | first  IP PORT [options]; see the head of probe.c\n");
  return 2;
}
