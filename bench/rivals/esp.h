// SPDX-License-Identifier: Apache-2.0
//
// ESP (RFC 4303) with AES-256-GCM (RFC 4106) and extended sequence numbers, by the direct functions of ipsec-mb. The bytes on the wire
// are those of a full ESP; there is no replay window and no selector, as this is the limit of what a tunnel can do, not a product.
//
//   [SPI 4 | sequence 4 | IV 8 = sequence 64 bits | ciphertext: packet, padding, its length, next header | ICV 16]
#ifndef RIVALS_ESP_H
#define RIVALS_ESP_H

#include <stdbool.h>
#include <intel-ipsec-mb.h>

#include "checksum.h"

enum { ESP_HEADER = 16, ESP_TRAILER = 2, ESP_ICV = 16, ESP_KEY = 32, ESP_SALT = 4, ESP_ESN_AAD = 12 };

// Bytes behind a packet that esp_seal borrows for padding and trailer.
enum { ESP_TAILROOM = 8 };

// One direction; used by one thread only, as the counter is the IV and GCM dies of a repeated one.
struct esp_sa {
  IMB_MGR *library;
  // The library stores with aligned instructions, and its header says so to GNU dialects of C only.
  _Alignas(64) struct gcm_key_data key;
  _Alignas(64) struct gcm_context_data context;
  uint32_t spi;
  uint64_t sequence;
  uint8_t salt[ESP_SALT];
};

static inline size_t esp_length(size_t packet) { return ESP_HEADER + ((packet + ESP_TRAILER + 3) & ~(size_t)3) + ESP_ICV; }

static inline void esp_inputs(const struct esp_sa *sa, const uint8_t *slot, uint8_t nonce[12], uint8_t aad[ESP_ESN_AAD]) {
  memcpy(nonce, sa->salt, 4);
  memcpy(nonce + 4, slot + 8, 8);
  memcpy(aad, slot, 4);
  memcpy(aad + 4, slot + 8, 8);
}

// Seals the packet into esp_length(length) bytes at slot; the packet itself and the bytes behind it are as before afterwards.
static inline void esp_seal(struct esp_sa *sa, uint8_t *packet, size_t length, uint8_t *slot) {
  uint8_t behind[ESP_TAILROOM], nonce[12], aad[ESP_ESN_AAD];
  size_t padding = -(length + ESP_TRAILER) & 3, sealed = length + padding + ESP_TRAILER;
  uint64_t sequence = ++sa->sequence;

  store32(slot, sa->spi);
  store32(slot + 4, (uint32_t)sequence);
  store32(slot + 8, (uint32_t)(sequence >> 32));
  store32(slot + 12, (uint32_t)sequence);
  esp_inputs(sa, slot, nonce, aad);

  memcpy(behind, packet + length, ESP_TAILROOM);
  memcpy(packet + length, "\1\2\3", 3);
  packet[length + padding] = (uint8_t)padding;
  packet[length + padding + 1] = packet[0] >> 4 == 4 ? IPPROTO_IPIP : IPPROTO_IPV6;
  IMB_AES256_GCM_ENC(sa->library, &sa->key, &sa->context, slot + ESP_HEADER, packet, sealed, nonce, aad, ESP_ESN_AAD,
                     slot + ESP_HEADER + sealed, ESP_ICV);
  memcpy(packet + length, behind, ESP_TAILROOM);
}

// Opens a slot in place. Returns the length of the packet at slot + ESP_HEADER; 0 when it is not ours, false, or no IP packet.
static inline size_t esp_open(struct esp_sa *sa, uint8_t *slot, size_t length) {
  uint8_t nonce[12], aad[ESP_ESN_AAD];
  uint64_t icv[2], wanted[2];
  if (length < ESP_HEADER + 4 + ESP_ICV || load32(slot) != sa->spi) return 0;
  size_t sealed = length - ESP_HEADER - ESP_ICV;
  uint8_t *packet = slot + ESP_HEADER;

  esp_inputs(sa, slot, nonce, aad);
  memcpy(wanted, packet + sealed, ESP_ICV);
  IMB_AES256_GCM_DEC(sa->library, &sa->key, &sa->context, packet, packet, sealed, nonce, aad, ESP_ESN_AAD, (uint8_t *)icv,
                     ESP_ICV);
  if (((icv[0] ^ wanted[0]) | (icv[1] ^ wanted[1])) != 0) return 0;
  size_t behind = packet[sealed - 2] + (size_t)ESP_TRAILER;
  return behind + 20 <= sealed ? sealed - behind : 0;
}

// Key text is SPI:HEX, where HEX are the 36 bytes of key and salt (RFC 4106 8.1). False when it is anything else.
static inline bool esp_init(struct esp_sa *sa, IMB_MGR *library, const char *text) {
  uint8_t material[ESP_KEY + ESP_SALT];
  char *hex;
  sa->library = library;
  sa->spi = (uint32_t)strtoul(text, &hex, 0);
  if (*hex++ != ':' || strlen(hex) != 2 * sizeof material || sa->spi < 256) return false;
  for (size_t i = 0; i < sizeof material; i++) {
    if (sscanf(hex + 2 * i, "%2hhx", &material[i]) != 1) return false;
  }
  IMB_AES256_GCM_PRE(library, material, &sa->key);
  memcpy(sa->salt, material + ESP_KEY, ESP_SALT);
  sa->sequence = 0;
  return true;
}

#endif
