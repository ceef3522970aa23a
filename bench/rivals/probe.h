// SPDX-License-Identifier: Apache-2.0
//
// What the probe's client and server say to each other, in the machine's own byte order as both run on one machine; and time.
#ifndef RIVALS_PROBE_H
#define RIVALS_PROBE_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum probe_kind { PROBE_ECHO = 1, PROBE_LOAD, PROBE_REPORT };

// Head of every datagram; the rest is padding.
struct probe {
  uint16_t kind;
  uint16_t padding;
  uint32_t run;       // counts of one run are apart from those of others
  uint64_t sequence;  // of an echo; in the answer to a report: datagrams of the run that arrived
  int64_t sent_ns;    // of an echo
};

enum { PROBE_BATCH = 64, PROBE_LARGEST = 65000 };

static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void sleep_until_ns(int64_t at) {
  struct timespec t = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
  }
}

static inline struct sockaddr_in probe_address(const char *ip, const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, ip, &address.sin_addr) != 1) errx(2, "not an IPv4 address: %s", ip);
  if (address.sin_port == 0) errx(2, "not a port: %s", port);
  return address;
}

static inline int probe_socket(void) {
  int buffer = 7 << 20, udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (udp < 0) err(1, "socket");
  if (setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer)) {
    setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  // Timers of this process fire when they are due, not 50 us later.
  prctl(PR_SET_TIMERSLACK, 1L);
  return udp;
}

// Until it is killed. What it gets has that many bytes in front, which begin with this word in its answers.
int serve(const struct sockaddr_in *address, size_t prefix, uint32_t word);

// SPI, sequence number and IV, as ESP with AES-GCM has them in front (RFC 4303, RFC 4106): what a relay of ESP looks at.
enum { ESP_PREFIX = 16 };

// ChannelData has this in front of the payload (RFC 8656 12.4).
enum { TURN_PREFIX = 4 };

// Connects the socket to a server and opens its channel to the peer. Ends the process when the server does not.
void turn_connect(int udp, const struct sockaddr_in *server, const struct sockaddr_in *peer);
void turn_prefix(uint8_t header[TURN_PREFIX], size_t payload);

#endif
