// SPDX-License-Identifier: Apache-2.0
//
// As much of a TURN client (RFC 8656) as measures a TURN server: an allocation and one channel, at a server without authentication.
// Both last ten minutes, which no measurement does.
#include "probe.h"

enum { ALLOCATE = 0x0003, CHANNEL_BIND = 0x0009, SUCCESS = 0x0100, CHANNEL = 0x4000 };
enum { ERROR_CODE = 0x0009, CHANNEL_NUMBER = 0x000c, XOR_PEER_ADDRESS = 0x0012, REQUESTED_TRANSPORT = 0x0019 };

static const uint32_t COOKIE = 0x2112a442;

struct request {
  uint16_t type, length;
  uint32_t cookie, transaction[3];
  uint8_t attributes[24];
};

static void attribute(struct request *r, uint16_t type, const void *value, uint16_t length) {
  uint8_t *at = r->attributes + r->length;
  memcpy(at, (uint16_t[]){htons(type), htons(length)}, 4);
  memcpy(at + 4, value, length);
  r->length = (uint16_t)(r->length + 4 + length);
}

// The code of an error answer (RFC 8489 14.8), of which it is the first attribute; 0 when it is not.
static int error_code(const struct request *answer) {
  const uint8_t *at = answer->attributes;
  return at[0] == 0 && at[1] == ERROR_CODE ? at[6] % 8 * 100 + at[7] : 0;
}

// Asks until the server agrees.
static void ask(int udp, struct request *r, const char *what) {
  struct request answer;
  uint16_t type = r->type;
  size_t length = 20u + r->length;
  r->transaction[0] = (uint32_t)now_ns();
  r->type = htons(type);
  r->length = htons(r->length);
  r->cookie = htonl(COOKIE);
  for (int tries = 0; tries < 10; tries++) {
    (void)!send(udp, r, length, 0);
    while (poll(&(struct pollfd){.fd = udp, .events = POLLIN}, 1, 500) > 0) {
      if (recv(udp, &answer, sizeof answer, 0) < 20 || memcmp(answer.transaction, r->transaction, 12)) continue;
      if (ntohs(answer.type) == (type | SUCCESS)) return;
      errx(1, "the TURN server refused the %s with error %d: does it run with --no-auth?", what, error_code(&answer));
    }
  }
  errx(1, "no answer from the TURN server to the %s", what);
}

void turn_connect(int udp, const struct sockaddr_in *server, const struct sockaddr_in *peer) {
  struct request allocate = {.type = ALLOCATE}, bind = {.type = CHANNEL_BIND};
  struct {
    uint16_t family, port;
    uint32_t address;
  } xor_peer = {htons(1), peer->sin_port ^ htons(COOKIE >> 16), peer->sin_addr.s_addr ^ htonl(COOKIE)};
  if (connect(udp, (const struct sockaddr *)server, sizeof *server)) err(1, "TURN server");

  attribute(&allocate, REQUESTED_TRANSPORT, (uint8_t[]){IPPROTO_UDP, 0, 0, 0}, 4);
  ask(udp, &allocate, "allocation");
  attribute(&bind, CHANNEL_NUMBER, (uint16_t[]){htons(CHANNEL), 0}, 4);
  attribute(&bind, XOR_PEER_ADDRESS, &xor_peer, sizeof xor_peer);
  ask(udp, &bind, "channel");
}

void turn_prefix(uint8_t header[TURN_PREFIX], size_t payload) {
  memcpy(header, (uint16_t[]){htons(CHANNEL), htons((uint16_t)payload)}, TURN_PREFIX);
}
