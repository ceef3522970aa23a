// SPDX-License-Identifier: Apache-2.0
//
// Measures what a tunnel does to UDP: delay, rate, time to the first answer. Results are JSON, one line.
//
//   probe serve IP PORT                                      answers echoes, counts load, reports counts; until it is killed
//   probe rtt IP PORT [--rate 1000] [--seconds 5] [--size 64]     echoes by the clock, whether answers come or not
//   probe pps IP PORT [--size 64] [--seconds 2] [--peers IP,IP,…] the highest rate with at most 0.1 % loss, by bisection;
//                                                            the peers are addresses of one host, whose server is asked at IP
//   probe first IP PORT [--every-ms 5] [--deadline-ms 10000]      sends until something comes back
//
// All but serve take --turn IP:PORT, a TURN server without authentication through which the datagrams go. With --esp PORT:SPI the
// datagrams look like ESP of that SPI and leave from that port, IP being a relay's; serve gives its answers the SPI of --esp.
// SIZE is the payload of a datagram; 36 make an IPv4 packet of 64 bytes.
#include "probe.h"

enum { PEERS = 256 };

struct options {
  long rate, seconds, size, every_ms, deadline_ms;
  struct sockaddr_in server;
  struct sockaddr_in peers[PEERS];  // the server, unless others are named
  int peer_count;
  struct sockaddr_in turn;  // port 0: straight to the peers
  uint32_t spi;             // as it is on the wire; 0: no ESP
  uint16_t port;            // ours, with ESP
};

enum { PREFIX_ROOM = ESP_PREFIX };

// A datagram as it leaves: what TURN has in front of it, the probe's head, zeroes.
struct packet {
  uint8_t prefix[PREFIX_ROOM];  // its end
  uint8_t payload[PROBE_LARGEST];
};

// A socket to the peers.
struct path {
  int udp;
  size_t prefix;  // bytes in front of each payload; the socket is connected when there are any
  uint32_t spi;
};

static struct path open_path(const struct options *o) {
  struct path p = {.udp = probe_socket(), .spi = o->spi};
  if (o->turn.sin_port != 0) {
    p.prefix = TURN_PREFIX;
    turn_connect(p.udp, &o->turn, &o->peers[0]);
  } else if (o->spi != 0) {
    struct sockaddr_in ours = {.sin_family = AF_INET, .sin_port = o->port};
    p.prefix = ESP_PREFIX;
    if (bind(p.udp, (struct sockaddr *)&ours, sizeof ours)) err(1, "port %d", ntohs(o->port));
    if (connect(p.udp, (const struct sockaddr *)&o->peers[0], sizeof o->peers[0])) err(1, "relay");
  }
  return p;
}

static struct iovec packed(struct path path, struct packet *packet, const struct probe *head, size_t size) {
  memcpy(packet->payload, head, sizeof *head);
  uint8_t *prefix = packet->payload - path.prefix;
  if (path.spi != 0) memcpy(prefix, &path.spi, sizeof path.spi);
  else if (path.prefix > 0) turn_prefix(prefix, size);
  return (struct iovec){prefix, path.prefix + size};
}

static struct msghdr addressed(struct path path, const struct sockaddr_in *peer, struct iovec *part) {
  struct msghdr m = {.msg_iov = part, .msg_iovlen = 1};
  if (path.prefix > 0) return m;
  m.msg_name = (void *)peer;
  m.msg_namelen = sizeof *peer;
  return m;
}

static bool send_one(struct path path, const struct sockaddr_in *peer, const struct probe *head, size_t size) {
  static struct packet packet;
  struct iovec part = packed(path, &packet, head, size);
  struct msghdr m = addressed(path, peer, &part);
  return sendmsg(path.udp, &m, MSG_DONTWAIT) > 0;
}

// False when nothing is there.
static bool receive_one(struct path path, struct probe *head) {
  uint8_t bytes[PREFIX_ROOM + sizeof *head];
  ssize_t length = recv(path.udp, bytes, sizeof bytes, MSG_DONTWAIT);
  memset(head, 0, sizeof *head);
  if (length >= (ssize_t)(path.prefix + sizeof *head)) memcpy(head, bytes + path.prefix, sizeof *head);
  return length >= 0;
}

struct echoes {
  struct path path;
  uint32_t run;
  int64_t *delays, received, capacity;
};

static void drain(struct echoes *e) {
  struct probe p;
  while (receive_one(e->path, &p)) {
    if (p.kind == PROBE_ECHO && p.run == e->run && e->received < e->capacity) e->delays[e->received++] = now_ns() - p.sent_ns;
  }
}

// Takes answers until the time comes.
static void listen_until(struct echoes *e, int64_t until) {
  for (int64_t left; (left = until - now_ns()) > 0;) {
    struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    if (ppoll(&(struct pollfd){.fd = e->path.udp, .events = POLLIN}, 1, &wait, NULL) > 0) drain(e);
  }
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static double percentile_us(const int64_t *sorted, int64_t count, double part) {
  return count == 0 ? 0 : (double)sorted[(int64_t)(part * (double)(count - 1))] / 1000;
}

static int rtt(const struct options *o) {
  int64_t total = o->rate * o->seconds, sent = 0, start;
  struct echoes e = {.path = open_path(o), .run = (uint32_t)now_ns(), .delays = calloc((size_t)total, sizeof(int64_t)),
                     .capacity = total};
  if (!e.delays) err(1, "memory");
  start = now_ns();
  for (int64_t i = 0; i < total; i++) {
    listen_until(&e, start + i * 1000000000 / o->rate);
    struct probe p = {.kind = PROBE_ECHO, .run = e.run, .sequence = (uint64_t)i, .sent_ns = now_ns()};
    if (send_one(e.path, o->peers, &p, (size_t)o->size)) sent++;
  }
  listen_until(&e, now_ns() + 1000000000);
  qsort(e.delays, (size_t)e.received, sizeof *e.delays, ascending);
  printf("{\"sent\":%lld,\"received\":%lld,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n", (long long)sent,
         (long long)e.received, percentile_us(e.delays, e.received, 0.5), percentile_us(e.delays, e.received, 0.9),
         percentile_us(e.delays, e.received, 0.99), percentile_us(e.delays, e.received, 1));
  free(e.delays);
  return e.received > 0 ? 0 : 1;
}

static uint64_t reported(struct path path, const struct sockaddr_in *peer, uint32_t run) {
  struct probe ask = {.kind = PROBE_REPORT, .run = run}, answer;
  for (int tries = 0; tries < 20; tries++) {
    send_one(path, peer, &ask, sizeof ask);
    while (poll(&(struct pollfd){.fd = path.udp, .events = POLLIN}, 1, 200) > 0) {
      if (receive_one(path, &answer) && answer.kind == PROBE_REPORT && answer.run == run) return answer.sequence;
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
  static struct packet packet;
  static uint32_t runs;
  struct path path = open_path(o);
  struct probe head = {.kind = PROBE_LOAD, .run = ((uint32_t)getpid() << 12) + runs++};
  struct iovec part = packed(path, &packet, &head, (size_t)o->size);
  struct mmsghdr messages[PROBE_BATCH];
  int64_t total = (int64_t)(rate * seconds), sent = 0, arrived, start = now_ns();
  int64_t end = start + (int64_t)(seconds * 1.02e9);
  int peer = 0;

  for (int64_t now; sent < total && (now = now_ns()) < end;) {
    int64_t due = (int64_t)((double)(now - start) * rate / 1e9) + 1;
    if (due > total) due = total;
    while (sent < due) {
      int wanted = due - sent < PROBE_BATCH ? (int)(due - sent) : PROBE_BATCH;
      for (int i = 0; i < wanted; i++, peer = (peer + 1) % o->peer_count) {
        messages[i].msg_hdr = addressed(path, &o->peers[peer], &part);
      }
      int done = sendmmsg(path.udp, messages, (unsigned)wanted, 0);
      sent += done > 0 ? done : 1;
    }
    if (sent < total) sleep_until_ns(now_ns() + 500000);
  }
  double took = (double)(now_ns() - start) / 1e9;
  // What is under way arrives before the question.
  sleep_until_ns(now_ns() + 300000000);
  arrived = (int64_t)reported(path, &o->server, head.run);
  close(path.udp);

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
  struct path path = open_path(o);
  while (next < deadline) {
    // Without a route or an address yet, sending fails; that is what is waited for.
    p.sequence++;
    p.sent_ns = now_ns();
    send_one(path, o->peers, &p, (size_t)o->size);
    next += o->every_ms * 1000000;
    for (int64_t left; (left = next - now_ns()) > 0;) {
      struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
      if (ppoll(&(struct pollfd){.fd = path.udp, .events = POLLIN}, 1, &wait, NULL) <= 0) continue;
      if (!receive_one(path, &answer) || answer.kind != PROBE_ECHO || answer.run != p.run) continue;
      int64_t at = now_ns();
      printf("{\"first_ms\":%.3f,\"first_ns\":%lld,\"started_ns\":%lld,\"sent\":%llu}\n", (double)(at - start) / 1e6,
             (long long)at, (long long)start, (unsigned long long)p.sequence);
      return 0;
    }
  }
  fprintf(stderr, "probe: no answer in %ld ms\n", o->deadline_ms);
  return 1;
}

static struct sockaddr_in turn_server(char *text) {
  char *port = strchr(text, ':');
  if (!port) errx(2, "not IP:PORT: %s", text);
  *port = 0;
  return probe_address(text, port + 1);
}

// PORT:SPI, or SPI alone where the port is known.
static void esp_end(struct options *o, char *text) {
  char *spi = strchr(text, ':'), *end;
  if (spi) o->port = htons((uint16_t)atoi(text));
  o->spi = htonl((uint32_t)strtoul(spi ? spi + 1 : text, &end, 0));
  if (*end != 0 || o->spi == 0) errx(2, "not PORT:SPI: %s", text);
}

static long number(const char *text, long least, long most) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end != 0 || value < least || value > most) errx(2, "not a number from %ld to %ld: %s", least, most, text);
  return value;
}

static struct options parse(int count, char **words) {
  struct options o = {.rate = 1000, .seconds = 0, .size = 64, .every_ms = 5, .deadline_ms = 10000, .peer_count = 1};
  o.peers[0] = o.server = probe_address(words[2], words[3]);
  for (int i = 4; i < count; i += 2) {
    char *name = words[i], *value = i + 1 < count ? words[i + 1] : "";
    if (!strcmp(name, "--rate")) o.rate = number(value, 1, 1000000);
    else if (!strcmp(name, "--seconds")) o.seconds = number(value, 1, 3600);
    else if (!strcmp(name, "--size")) o.size = number(value, sizeof(struct probe), PROBE_LARGEST);
    else if (!strcmp(name, "--every-ms")) o.every_ms = number(value, 1, 10000);
    else if (!strcmp(name, "--deadline-ms")) o.deadline_ms = number(value, 1, 3600000);
    else if (!strcmp(name, "--turn")) o.turn = turn_server(value);
    else if (!strcmp(name, "--esp")) esp_end(&o, value);
    else if (!strcmp(name, "--peers")) {
      o.peer_count = 0;
      for (char *ip = strtok(value, ","); ip; ip = strtok(NULL, ",")) {
        if (o.peer_count == PEERS) errx(2, "more than %d peers", PEERS);
        o.peers[o.peer_count++] = probe_address(ip, words[3]);
      }
      if (o.peer_count == 0) errx(2, "--peers needs addresses");
    } else errx(2, "unknown option %s", name);
  }
  if ((o.turn.sin_port != 0 || o.spi != 0) && o.peer_count > 1) errx(2, "a TURN channel, or an SPI, has one peer");
  return o;
}

int main(int count, char **words) {
  const char *verb = count < 4 ? "" : words[1];
  struct options o = {0};
  if (*verb) o = parse(count, words);
  if (!strcmp(verb, "serve")) return serve(o.peers, o.spi == 0 ? 0 : ESP_PREFIX, o.spi);
  if (!o.seconds) o.seconds = strcmp(verb, "pps") ? 5 : 2;
  if (!strcmp(verb, "rtt")) return rtt(&o);
  if (!strcmp(verb, "pps")) return pps(&o);
  if (!strcmp(verb, "first")) return first(&o);
  fprintf(stderr, "usage: probe serve | rtt | pps | first  IP PORT [options]; see the head of probe.c\n");
  return 2;
}
