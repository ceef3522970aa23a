// SPDX-License-Identifier: Apache-2.0
//
// The far end of every measurement: an ordinary socket, so that the tunnel's end hands over single datagrams as to any application.
#include "probe.h"

// Counts are by run modulo the table's size: clients with old runs do not come back.
int serve(const struct sockaddr_in *address, size_t prefix, uint32_t word) {
  enum { RUNS = 4096 };
  static struct { uint32_t run; uint64_t arrived; } counts[RUNS];
  static uint8_t memory[PROBE_BATCH][2048];
  struct mmsghdr in[PROBE_BATCH], out[PROBE_BATCH];
  struct iovec parts[PROBE_BATCH], back[PROBE_BATCH];
  struct sockaddr_in from[PROBE_BATCH];
  int udp = probe_socket();
  if (bind(udp, (const struct sockaddr *)address, sizeof *address)) err(1, "bind");
  for (;;) {
    for (int i = 0; i < PROBE_BATCH; i++) {
      parts[i] = (struct iovec){memory[i], sizeof memory[i]};
      in[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(udp, in, PROBE_BATCH, MSG_WAITFORONE, NULL), answers = 0;
    for (int i = 0; i < count; i++) {
      struct probe p;
      if (in[i].msg_len < prefix + sizeof p) continue;
      memcpy(&p, memory[i] + prefix, sizeof p);
      uint32_t at = p.run % RUNS;
      if (p.kind == PROBE_LOAD) {
        if (counts[at].run != p.run) counts[at].arrived = 0;
        counts[at].run = p.run;
        counts[at].arrived++;
        continue;
      }
      if (p.kind == PROBE_REPORT) p.sequence = counts[at].run == p.run ? counts[at].arrived : 0;
      memcpy(memory[i] + prefix, &p, sizeof p);
      if (prefix > 0) memcpy(memory[i], &word, sizeof word);
      back[answers] = (struct iovec){memory[i], in[i].msg_len};
      out[answers].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &back[answers],
                                             .msg_iovlen = 1};
      answers++;
    }
    for (int sent = 0, done; sent < answers; sent += done > 0 ? done : 1) {
      done = sendmmsg(udp, out + sent, (unsigned)(answers - sent), 0);
    }
  }
}
