// SPDX-License-Identifier: Apache-2.0
//
// A tunnel in user space with nothing but the work that cannot be left out: TUN with segmentation offloads, ESP, UDP trains. It is
// what the sidecar is measured against, so it has the same offloads, the same bytes on the wire and the same AES library.
//
//   out:  read(tun) -> cut in place -> seal into the send buffer -> sendmmsg with UDP_SEGMENT, when the TUN is empty or the buffer full
//   in:   recvmmsg with UDP_GRO -> open in place -> join what follows each other -> writev(tun), at the end of every train
//
// Each direction is a thread, and a packet never changes its thread.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "train.h"

#include "esp.h"
#include "merge.h"
#include "split.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

// Sealed bytes after which they are sent although the TUN has more: one train, which stays in the second-level cache.
enum { SEND_AT = TRAIN_BYTES, SEND_ROOM = SEND_AT + 2 * TRAIN_ROOM };

struct forwarder {
  int tun, udp;
  struct esp_sa out, in;
};

struct sender {
  int udp, count;
  size_t used;
  struct train trains[TRAIN_BATCH];
  uint8_t memory[SEND_ROOM];
};

static void send_all(struct sender *s) {
  if (s->count > 0) train_send(s->udp, s->trains, s->count);
  s->count = 0;
  s->used = 0;
}

// Where the next sealed packet goes: behind the last one of its train, or at the head of a new train.
static uint8_t *slot_for(struct sender *s, size_t length) {
  bool joins = s->count > 0 && train_takes(&s->trains[s->count - 1], length, NULL);
  if (s->used + length > SEND_ROOM || (!joins && s->count == TRAIN_BATCH)) {
    send_all(s);
    joins = false;
  }
  uint8_t *slot = s->memory + s->used;
  s->used += length;
  if (joins) {
    s->trains[s->count - 1].length += length;
  } else {
    s->trains[s->count++] = (struct train){.bytes = slot, .length = length, .slot = length};
  }
  return slot;
}

static void *out_loop(void *argument) {
  static struct sender sender;
  static struct {
    struct virtio_net_hdr offload;
    uint8_t packet[TRAIN_ROOM + ESP_TAILROOM];
  } input;
  struct forwarder *f = argument;
  struct split split;
  sender.udp = f->udp;
  for (;;) {
    ssize_t read_bytes = read(f->tun, &input, sizeof input - ESP_TAILROOM);
    if (read_bytes < 0) {
      if (errno != EAGAIN && errno != EINTR && errno != EIO) err(1, "read of the TUN");
      send_all(&sender);
      poll(&(struct pollfd){.fd = f->tun, .events = POLLIN}, 1, -1);
      continue;
    }
    size_t length = (size_t)read_bytes - sizeof input.offload, piece;
    uint8_t *packet;
    if (!split_begin(&split, &input.offload, input.packet, length)) continue;
    while ((piece = split_next(&split, &packet)) > 0) {
      esp_seal(&f->out, packet, piece, slot_for(&sender, esp_length(piece)));
    }
    if (sender.used >= SEND_AT) send_all(&sender);
  }
  return NULL;
}

static void in_loop(struct forwarder *f) {
  struct receiver receiver;
  struct merge merge = {.tun = f->tun};
  receiver_init(&receiver);
  for (;;) {
    int count = train_receive(f->udp, &receiver);
    for (int i = 0; i < count; i++) {
      struct train t = train_received(&receiver, i);
      for (size_t at = 0; at < t.length; at += t.slot) {
        size_t slot = t.length - at < t.slot ? t.length - at : t.slot;
        size_t packet = esp_open(&f->in, t.bytes + at, slot);
        if (packet > 0) merge_packet(&merge, t.bytes + at + ESP_HEADER, packet);
      }
    }
    merge_flush(&merge);
  }
}

// Attaches to a device that exists. The offload bits are lost with the last file that is closed, so they are set every time.
static int attach(const char *name, bool *udp_offload) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
  int header = sizeof(struct virtio_net_hdr);
  unsigned offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (tun < 0) err(1, "/dev/net/tun");
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(tun, TUNSETIFF, &request)) err(1, "attach to %s (make it: ip tuntap add %s mode tun)", name, name);
  if (ioctl(tun, TUNSETVNETHDRSZ, &header)) err(1, "TUNSETVNETHDRSZ");
  // Kernels before 6.2 cut UDP themselves.
  *udp_offload = ioctl(tun, TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6) == 0;
  if (!*udp_offload && ioctl(tun, TUNSETOFFLOAD, offloads)) err(1, "TUNSETOFFLOAD");
  return tun;
}

static const char *architecture(IMB_ARCH arch) {
  switch (arch) {
    case IMB_ARCH_SSE: return "SSE";
    case IMB_ARCH_AVX: return "AVX";
    case IMB_ARCH_AVX2: return "AVX2";
    case IMB_ARCH_AVX512: return "AVX-512";
    default: return "portable";
  }
}

int main(int count, char **words) {
  static struct forwarder f;
  bool udp_offload;
  IMB_ARCH arch;
  pthread_t out;
  if (count != 6) {
    fprintf(stderr, "usage: forwarder TUN LOCAL_IP:PORT REMOTE_IP:PORT KEYOUT KEYIN\n"
                    "       KEYOUT, KEYIN: SPI:HEX, 36 bytes of AES-256 key and salt; the SPI is 256 or more\n");
    return 2;
  }
  IMB_MGR *library = alloc_mb_mgr(0);
  if (!library) errx(1, "ipsec-mb did not start");
  init_mb_mgr_auto(library, &arch);
  if (!esp_init(&f.out, library, words[4]) || !esp_init(&f.in, library, words[5])) errx(2, "a key is not SPI:HEX of 36 bytes");
  f.tun = attach(words[1], &udp_offload);
  f.udp = train_socket(words[2]);
  struct sockaddr_in remote = train_address(words[3]);
  if (connect(f.udp, (struct sockaddr *)&remote, sizeof remote)) err(1, "connect %s", words[3]);
  printf("AES-256-GCM by intel-ipsec-mb %s (%s), UDP segmentation offload %s\n", imb_get_version_str(), architecture(arch),
         udp_offload ? "on" : "off");
  fflush(stdout);
  if (pthread_create(&out, NULL, out_loop, &f)) errx(1, "no thread");
  in_loop(&f);
}
