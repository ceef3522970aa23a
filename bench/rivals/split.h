// SPDX-License-Identifier: Apache-2.0
//
// Cuts what a TUN with offloads hands over (one TCP or UDP flow, up to 64 KiB) into the packets of the wire, in place: the header of
// piece i goes just in front of its payload, over bytes of piece i - 1 that have been used up.
//
//   [header | payload 0 | payload 1 | …]   ->   [header | payload 0]   then   [ … header | payload 1]   then …
#ifndef RIVALS_SPLIT_H
#define RIVALS_SPLIT_H

#include <linux/virtio_net.h>
#include <stdbool.h>

#include "checksum.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_CWR = 128 };

enum { SPLIT_HEADER_MAX = 256 };

struct split {
  uint8_t *next;       // payload of the piece to come
  size_t left, piece;  // payload bytes: still to be cut, and of one piece
  size_t transport;    // length of the IP header with its extensions
  size_t header;       // the same with the TCP or UDP header
  bool whole, first, tcp;
  uint8_t template[SPLIT_HEADER_MAX];
};

// False when the packet does not keep what its virtio header promises.
static inline bool split_begin(struct split *s, const struct virtio_net_hdr *offload, uint8_t *packet, size_t length) {
  uint8_t type = offload->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
  s->first = true;
  s->whole = type == VIRTIO_NET_HDR_GSO_NONE;
  s->transport = offload->csum_start;
  if (s->whole) {
    if (offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
      size_t field = s->transport + offload->csum_offset;
      if (field + 2 > length) return false;
      // The field holds the pseudo-header's sum already. A sum of zero is sent as ones (RFC 768); TCP reads both alike.
      checksum_store(packet + field, checksum_add(0, packet + s->transport, length - s->transport));
      if (load16(packet + field) == 0) store16(packet + field, 0xffff);
    }
    s->next = packet;
    s->left = length;
    return true;
  }
  s->tcp = type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6;
  if (!s->tcp && type != VIRTIO_NET_HDR_GSO_UDP_L4) return false;
  if (s->transport + 20 > length && s->tcp) return false;
  s->header = s->transport + (s->tcp ? (size_t)(packet[s->transport + 12] >> 4) * 4 : 8);
  if (s->header > length || s->header > SPLIT_HEADER_MAX || offload->gso_size == 0) return false;
  s->piece = offload->gso_size;
  s->next = packet + s->header;
  s->left = length - s->header;
  memcpy(s->template, packet, s->header);
  return true;
}

static inline void split_header(struct split *s, uint8_t *packet, size_t payload) {
  uint8_t *ip = s->template, *transport = s->template + s->transport;
  size_t length = s->header - s->transport + payload;
  uint8_t *field = packet + s->transport + (s->tcp ? 16 : 6);

  ip_set_length(ip, s->header + payload);
  if (!s->tcp) store16(transport + 4, length);
  memcpy(packet, s->template, s->header);
  if (s->tcp) {
    // Only the last piece ends or pushes; only the first tells that the window was reduced (RFC 3168 6.1.2).
    if (s->left > payload) packet[s->transport + 13] &= (uint8_t)~(TCP_FIN | TCP_PSH);
    if (!s->first) packet[s->transport + 13] &= (uint8_t)~TCP_CWR;
    store32(transport + 4, load32(transport + 4) + (uint32_t)payload);
  }
  if (ip[0] >> 4 == 4) store16(ip + 4, load16(ip + 4) + 1u);
  memset(field, 0, 2);
  uint64_t sum = checksum_pseudo(packet, s->tcp ? IPPROTO_TCP : IPPROTO_UDP, length);
  checksum_store(field, checksum_add(sum, packet + s->transport, length));
  if (!s->tcp && load16(field) == 0) store16(field, 0xffff);
}

// The next piece, which is good until the call after; its length, or 0 when there is none left.
static inline size_t split_next(struct split *s, uint8_t **packet) {
  if (s->left == 0) return 0;
  if (s->whole) {
    size_t length = s->left;
    *packet = s->next;
    s->left = 0;
    return length;
  }
  size_t payload = s->left < s->piece ? s->left : s->piece;
  *packet = s->next - s->header;
  split_header(s, *packet, payload);
  s->first = false;
  s->next += payload;
  s->left -= payload;
  return s->header + payload;
}

#endif
