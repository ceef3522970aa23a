// SPDX-License-Identifier: Apache-2.0
//
// Joins packets of one flow that follow each other into what a TUN with offloads takes in one write: the first packet, then the
// payloads of the others, gathered from where they were decrypted. The rules are those of the kernel's own receive offload: never
// across a push, differing options, fragments or a wrong checksum, as nobody looks at the single checksums afterwards.
#ifndef RIVALS_MERGE_H
#define RIVALS_MERGE_H

#include <linux/virtio_net.h>
#include <sys/uio.h>
#include <unistd.h>

#include "split.h"

enum { MERGE_PACKETS = 128, MERGE_BYTES = 65535 };

// A packet that could be one of many, and where its parts begin.
struct segment {
  uint8_t *ip;
  size_t transport, header, payload;
  bool tcp;
};

struct merge {
  int tun;
  struct virtio_net_hdr offload;
  struct iovec parts[1 + MERGE_PACKETS];  // the virtio header, the first packet, payloads
  int packets;                            // 0: nothing waits
  size_t bytes;                           // of the packet in the making
  bool open, verified;                    // may grow; the first packet's checksum is known to be right
  struct segment head;
  uint32_t next_sequence;
};

// Whether the packet is a plain piece of a TCP or UDP flow, with payload.
static inline bool segment_parse(struct segment *s, uint8_t *ip, size_t length) {
  uint8_t protocol;
  s->ip = ip;
  if (ip[0] == 0x45) {
    if (load16(ip + 2) != length || load16(ip + 6) != 0x4000) return false;
    s->transport = 20;
    protocol = ip[9];
  } else {
    if (ip[0] >> 4 != 6 || length < 40 || load16(ip + 4) + 40u != length) return false;
    s->transport = 40;
    protocol = ip[6];
  }
  s->tcp = protocol == IPPROTO_TCP;
  if ((!s->tcp && protocol != IPPROTO_UDP) || s->transport + (s->tcp ? 20 : 8) > length) return false;
  const uint8_t *transport = ip + s->transport;
  s->header = s->transport + (s->tcp ? (size_t)(transport[12] >> 4) * 4 : 8);
  if (s->header >= length || s->header < s->transport + 8) return false;
  s->payload = length - s->header;
  return s->tcp ? (transport[13] & ~TCP_PSH) == TCP_ACK : load16(transport + 6) != 0 && load16(transport + 4) == s->payload + 8;
}

static inline bool segment_verified(const struct segment *s) {
  size_t length = s->header - s->transport + s->payload;
  uint64_t sum = checksum_pseudo(s->ip, s->tcp ? IPPROTO_TCP : IPPROTO_UDP, length);
  return checksum_fold(checksum_add(sum, s->ip + s->transport, length)) == 0xffff;
}

static inline bool segment_same_flow(const struct segment *a, const struct segment *b) {
  if (a->tcp != b->tcp || a->transport != b->transport || a->header != b->header) return false;
  const uint8_t *left = a->ip, *right = b->ip;
  // Version, class, addresses and what says how far it may go; ports lie behind the addresses.
  if (left[0] >> 4 == 4 ? memcmp(left, right, 2) || memcmp(left + 6, right + 6, 4) || memcmp(left + 12, right + 12, 12)
                        : memcmp(left, right, 4) || memcmp(left + 6, right + 6, 38)) {
    return false;
  }
  if (!a->tcp) return true;
  left += a->transport;
  right += a->transport;
  // Acknowledgement, data offset; window; urgent pointer and options. The flags are ACK, and PSH on the last.
  return !memcmp(left + 8, right + 8, 5) && !memcmp(left + 14, right + 14, 2)
         && !memcmp(left + 18, right + 18, a->header - a->transport - 18);
}

static inline void merge_finish_head(struct merge *m) {
  struct segment *head = &m->head;
  uint8_t *field = head->ip + head->transport + (head->tcp ? 16 : 6);
  size_t length = m->bytes - head->transport;
  uint16_t pseudo;
  m->offload.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
  m->offload.gso_type = !head->tcp                 ? VIRTIO_NET_HDR_GSO_UDP_L4
                        : head->ip[0] >> 4 == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
                                                : VIRTIO_NET_HDR_GSO_TCPV6;
  m->offload.hdr_len = (uint16_t)head->header;
  m->offload.gso_size = (uint16_t)head->payload;
  m->offload.csum_start = (uint16_t)head->transport;
  m->offload.csum_offset = head->tcp ? 16 : 6;
  ip_set_length(head->ip, m->bytes);
  if (!head->tcp) store16(head->ip + head->transport + 4, length);
  pseudo = checksum_fold(checksum_pseudo(head->ip, head->tcp ? IPPROTO_TCP : IPPROTO_UDP, length));
  memcpy(field, &pseudo, 2);
}

// Writes what waits. A full or downed TUN loses it, as a full interface does.
static inline void merge_flush(struct merge *m) {
  if (m->packets == 0) return;
  memset(&m->offload, 0, sizeof m->offload);
  if (m->packets > 1) merge_finish_head(m);
  m->parts[0] = (struct iovec){&m->offload, sizeof m->offload};
  (void)!writev(m->tun, m->parts, 1 + m->packets);
  m->packets = 0;
}

static inline bool merge_append(struct merge *m, const struct segment *s) {
  struct segment *head = &m->head;
  if (m->packets == 0 || !m->open || m->packets == MERGE_PACKETS || s->payload > head->payload) return false;
  if (m->bytes + s->payload > MERGE_BYTES || !segment_same_flow(head, s)) return false;
  if (s->tcp && load32(s->ip + s->transport + 4) != m->next_sequence) return false;
  if (!m->verified && !(m->verified = segment_verified(head))) return false;
  if (!segment_verified(s)) return false;

  bool push = s->tcp && s->ip[s->transport + 13] & TCP_PSH;
  m->parts[1 + m->packets++] = (struct iovec){s->ip + s->header, s->payload};
  m->bytes += s->payload;
  m->next_sequence += (uint32_t)s->payload;
  m->open = s->payload == head->payload && !push;
  if (push) head->ip[head->transport + 13] |= TCP_PSH;
  return true;
}

// Takes a packet, which stays where it is until the next flush.
static inline void merge_packet(struct merge *m, uint8_t *ip, size_t length) {
  struct segment s;
  bool mergeable = segment_parse(&s, ip, length);
  if (mergeable && merge_append(m, &s)) return;
  merge_flush(m);
  m->parts[1] = (struct iovec){ip, length};
  m->packets = 1;
  m->open = mergeable;
  if (!mergeable) return;
  m->head = s;
  m->bytes = length;
  m->verified = false;
  if (s.tcp) {
    m->next_sequence = load32(ip + s.transport + 4) + (uint32_t)s.payload;
    m->open = !(ip[s.transport + 13] & TCP_PSH);
  }
}

#endif
