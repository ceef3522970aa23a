// SPDX-License-Identifier: Apache-2.0
//
// Trains: several datagrams of one size to one address, sent by one call with UDP_SEGMENT and received by one with UDP_GRO. Several
// trains, and lone datagrams as trains of one, share a call of sendmmsg or recvmmsg.
#ifndef RIVALS_TRAIN_H
#define RIVALS_TRAIN_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

// The kernel takes 64 datagrams, and what an IP packet of 64 KiB holds beside its headers.
enum { TRAIN_SLOTS = 64, TRAIN_BYTES = 65000, TRAIN_BATCH = 32, TRAIN_ROOM = 65536 };

struct train {
  uint8_t *bytes;
  size_t length, slot;               // slot: bytes of one datagram; the last may be shorter
  const struct sockaddr_in *target;  // null on a connected socket
};

struct train_control {
  _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
};

// Whether another datagram fits. Once one shorter than the rest is in, none does.
static inline bool train_takes(const struct train *t, size_t slot, const struct sockaddr_in *target) {
  return t->length > 0 && t->target == target && slot <= t->slot && t->length % t->slot == 0
         && t->length / t->slot < TRAIN_SLOTS && t->length + slot <= TRAIN_BYTES;
}

// One datagram a call: for a path that refuses UDP_SEGMENT (an interface without checksum offload, a narrower leg).
static inline void train_send_singly(int socket, const struct train *t) {
  for (size_t at = 0; at < t->length; at += t->slot) {
    size_t length = t->length - at < t->slot ? t->length - at : t->slot;
    (void)!sendto(socket, t->bytes + at, length, 0, (const struct sockaddr *)t->target, t->target ? sizeof *t->target : 0);
  }
}

// Sends all; what the network does not take is lost, as it would be further on.
static inline void train_send(int socket, const struct train *trains, int count) {
  struct mmsghdr messages[TRAIN_BATCH];
  struct iovec parts[TRAIN_BATCH];
  struct train_control controls[TRAIN_BATCH];
  for (int i = 0; i < count; i++) {
    const struct train *t = &trains[i];
    struct msghdr *m = &messages[i].msg_hdr;
    parts[i] = (struct iovec){t->bytes, t->length};
    *m = (struct msghdr){.msg_name = (void *)t->target, .msg_namelen = t->target ? sizeof *t->target : 0, .msg_iov = &parts[i],
                         .msg_iovlen = 1};
    if (t->length <= t->slot) continue;
    uint16_t size = (uint16_t)t->slot;
    m->msg_control = &controls[i];
    m->msg_controllen = CMSG_SPACE(sizeof size);
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    *c = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof size)};
    memcpy(CMSG_DATA(c), &size, sizeof size);
  }
  for (int sent = 0; sent < count;) {
    int done = sendmmsg(socket, messages + sent, (unsigned)(count - sent), 0);
    if (done > 0) {
      sent += done;
    } else if (errno != EINTR) {
      const struct train *refused = &trains[sent++];
      if ((errno == EINVAL || errno == EMSGSIZE || errno == EIO) && refused->length > refused->slot) {
        train_send_singly(socket, refused);
      }
    }
  }
}

struct receiver {
  struct mmsghdr messages[TRAIN_BATCH];
  struct iovec parts[TRAIN_BATCH];
  struct train_control controls[TRAIN_BATCH];
  uint8_t *memory;
  bool long_trains;
};

static inline void receiver_init(struct receiver *r) {
  memset(r, 0, sizeof *r);
  r->memory = malloc((size_t)TRAIN_BATCH * TRAIN_ROOM);
  if (!r->memory) err(1, "memory");
}

// Waits for the first datagram and takes those that are there. While trains are long one a call is taken, which stays in the cache.
static inline int train_receive(int socket, struct receiver *r) {
  int wanted = r->long_trains ? 1 : TRAIN_BATCH, count;
  for (int i = 0; i < wanted; i++) {
    r->parts[i] = (struct iovec){r->memory + (size_t)i * TRAIN_ROOM, TRAIN_ROOM};
    r->messages[i].msg_hdr = (struct msghdr){.msg_iov = &r->parts[i], .msg_iovlen = 1, .msg_control = &r->controls[i],
                                             .msg_controllen = sizeof r->controls[i]};
  }
  while ((count = recvmmsg(socket, r->messages, (unsigned)wanted, MSG_WAITFORONE, NULL)) < 0) {
    // A connected socket hears of ports that are closed for now; that is the peer's start, not our end.
    if (errno != EINTR && errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != ENETUNREACH) err(1, "recvmmsg");
  }
  size_t bytes = 0;
  for (int i = 0; i < count; i++) bytes += r->messages[i].msg_len;
  r->long_trains = bytes / (size_t)count > TRAIN_BYTES / 8;
  return count;
}

// One message as a train; its target is not set.
static inline struct train train_received(struct receiver *r, int i) {
  struct msghdr *m = &r->messages[i].msg_hdr;
  struct train t = {.bytes = m->msg_iov->iov_base, .length = r->messages[i].msg_len, .slot = r->messages[i].msg_len};
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    int size;
    if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
    memcpy(&size, CMSG_DATA(c), sizeof size);
    if (size > 0) t.slot = (size_t)size;
  }
  return t;
}

static inline struct sockaddr_in train_address(const char *text) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  char ip[16];
  unsigned port;
  if (sscanf(text, "%15[0-9.]:%u", ip, &port) != 2 || port > 65535 || inet_pton(AF_INET, ip, &address.sin_addr) != 1) {
    errx(2, "not an IPv4 address and port: %s", text);
  }
  address.sin_port = htons((uint16_t)port);
  return address;
}

static inline int train_socket(const char *local) {
  struct sockaddr_in address = train_address(local);
  int on = 1, buffer = 7 << 20, udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (udp < 0 || bind(udp, (struct sockaddr *)&address, sizeof address)) err(1, "bind %s", local);
  if (setsockopt(udp, SOL_UDP, UDP_GRO, &on, sizeof on)) err(1, "UDP_GRO (Linux 5.0 and newer)");
  if (setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer)) {
    setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  setsockopt(udp, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  return udp;
}

#endif
