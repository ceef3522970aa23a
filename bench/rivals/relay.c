// SPDX-License-Identifier: Apache-2.0
//
// A relay for ESP in UDP with nothing but the work that cannot be left out: a datagram goes where its SPI says. Trains that came
// together leave together, from the memory they came to; there is no authentication and no fairness. It is what our relay is
// measured against.
#include "train.h"

enum { ROUTES = 1 << 14 };

struct route {
  uint32_t spi;  // 0: empty, as no ESP has it (RFC 4303 2.1)
  struct sockaddr_in target;
};

static struct route routes[ROUTES];

// Where the SPI is, or would be put.
static struct route *route_of(uint32_t spi) {
  uint32_t at = spi * 2654435761u >> 18;
  while (routes[at].spi != 0 && routes[at].spi != spi) at = (at + 1) % ROUTES;
  return &routes[at];
}

static void add_route(const char *text) {
  char *address;
  uint32_t spi = (uint32_t)strtoul(text, &address, 0);
  if (*address++ != '=' || spi == 0) errx(2, "not SPI=IP:PORT: %s", text);
  *route_of(spi) = (struct route){spi, train_address(address)};
}

struct outbox {
  int udp, count;
  struct train trains[TRAIN_BATCH];
};

static void send_all(struct outbox *o) {
  if (o->count > 0) train_send(o->udp, o->trains, o->count);
  o->count = 0;
}

// Slots that lie side by side and have one target stay one train.
static void forward(struct outbox *o, struct train received) {
  const struct route *last = NULL;
  for (size_t at = 0; at < received.length; at += received.slot) {
    uint8_t *slot = received.bytes + at;
    size_t length = received.length - at < received.slot ? received.length - at : received.slot;
    uint32_t spi;
    if (length < sizeof spi) continue;
    memcpy(&spi, slot, sizeof spi);
    spi = ntohl(spi);
    if (!last || last->spi != spi) last = route_of(spi);
    if (spi == 0 || last->spi != spi) continue;

    struct train *open = o->count > 0 ? &o->trains[o->count - 1] : NULL;
    if (open && open->bytes + open->length == slot && train_takes(open, length, &last->target)) {
      open->length += length;
      continue;
    }
    if (o->count == TRAIN_BATCH) send_all(o);
    o->trains[o->count++] = (struct train){slot, length, length, &last->target};
  }
}

int main(int count, char **words) {
  struct receiver receiver;
  struct outbox outbox = {0};
  if (count < 3 || count - 2 > ROUTES / 2) {
    fprintf(stderr, "usage: relay LOCAL_IP:PORT SPI=IP:PORT...   (at most %d)\n", ROUTES / 2);
    return 2;
  }
  for (int i = 2; i < count; i++) add_route(words[i]);
  outbox.udp = train_socket(words[1]);
  receiver_init(&receiver);
  for (;;) {
    int messages = train_receive(outbox.udp, &receiver);
    for (int i = 0; i < messages; i++) forward(&outbox, train_received(&receiver, i));
    send_all(&outbox);
  }
}
