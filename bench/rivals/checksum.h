// SPDX-License-Identifier: Apache-2.0
//
// Internet checksum (RFC 1071) over words in the machine's own byte order, which gives the same bits as network order. x86-64 only,
// like everything here that links ipsec-mb: an odd last byte is the low half of its word.
#ifndef RIVALS_CHECKSUM_H
#define RIVALS_CHECKSUM_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Adds 32-bit words into 64 bits: no carry is lost below 16 GiB, and the compiler makes vector instructions of the loop.
static inline uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t length) {
  for (; length >= 4; bytes += 4, length -= 4) {
    uint32_t word;
    memcpy(&word, bytes, 4);
    sum += word;
  }
  if (length >= 2) {
    uint16_t half;
    memcpy(&half, bytes, 2);
    sum += half;
    bytes += 2;
    length -= 2;
  }
  return length ? sum + *bytes : sum;
}

// The sum folded to 16 bits, not complemented.
static inline uint16_t checksum_fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

// The pseudo-header of RFC 9293 3.1 and RFC 8200 8.1: addresses, protocol, length of what follows the IP header (< 64 KiB).
static inline uint64_t checksum_pseudo(const uint8_t *ip, uint8_t protocol, size_t length) {
  int v4 = ip[0] >> 4 == 4;
  return checksum_add((uint64_t)htons(protocol) + htons((uint16_t)length), ip + (v4 ? 12 : 8), v4 ? 8 : 32);
}

static inline void checksum_store(uint8_t *field, uint64_t sum) {
  uint16_t value = (uint16_t)~checksum_fold(sum);
  memcpy(field, &value, 2);
}

static inline void checksum_ipv4(uint8_t *ip) {
  memset(ip + 10, 0, 2);
  checksum_store(ip + 10, checksum_add(0, ip, (size_t)(ip[0] & 15) * 4));
}

static inline uint16_t load16(const uint8_t *field) { return (uint16_t)(field[0] << 8 | field[1]); }

static inline uint32_t load32(const uint8_t *field) { return (uint32_t)load16(field) << 16 | load16(field + 2); }

static inline void store16(uint8_t *field, size_t value) {
  field[0] = (uint8_t)(value >> 8);
  field[1] = (uint8_t)value;
}

static inline void store32(uint8_t *field, uint32_t value) {
  store16(field, value >> 16);
  store16(field + 2, value & 0xffff);
}

// Writes what the IP header says of its own length, and the checksum that depends on it.
static inline void ip_set_length(uint8_t *ip, size_t length) {
  if (ip[0] >> 4 == 4) {
    store16(ip + 2, length);
    checksum_ipv4(ip);
  } else {
    store16(ip + 4, length - 40);
  }
}

#endif
