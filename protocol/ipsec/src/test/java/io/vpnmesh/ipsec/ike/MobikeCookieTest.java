// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** COOKIE2 shows that an answer comes from where the question was read (RFC 4555 section 3.7). */
class MobikeCookieTest {

    private static final byte[] COOKIE = {1, 2, 3, 4, 5, 6, 7, 8};

    private final AtomicInteger moves = new AtomicInteger();
    private final Informational.UpdateAddresses update =
            new Informational.UpdateAddresses(List::of, COOKIE, moves::incrementAndGet);

    private void answer(Notify... notifies) {
        IkeHeader header =
                new IkeHeader(1, 2, 0, IkeHeader.VERSION_2_0, ExchangeType.INFORMATIONAL, IkeHeader.FLAG_RESPONSE, 0);
        update.onResponse(new IkeSa.Incoming(header, Optional.of(Payloads.of(notifies)), new byte[0]));
    }

    @Test
    void ourCookieInTheAnswerMovesTheSession() {
        assertThat(update.request().notify(NotifyType.COOKIE2).orElseThrow().data())
                .isEqualTo(COOKIE);
        answer(new Notify(NotifyType.COOKIE2, COOKIE.clone()));
        assertThat(moves).hasValue(1);
    }

    @Test
    void aWrongCookieInTheAnswerProvesNothing() {
        answer(new Notify(NotifyType.COOKIE2, new byte[] {1, 2, 3, 4, 5, 6, 7, 9}));
        assertThat(moves).hasValue(0);
    }

    @Test
    void anAnswerWithoutOurCookieProvesNothing() {
        answer();
        assertThat(moves).hasValue(0);
    }
}
