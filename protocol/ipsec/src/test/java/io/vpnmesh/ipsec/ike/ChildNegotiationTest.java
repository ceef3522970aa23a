// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.IkePayload.TrafficSelectors;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChildNegotiationTest {

    private static final int AH = 2;
    private static final int OURS = 0x8765_4321;
    private static final byte[] THEIRS = {1, 2, 3, 4};

    private final ChildNegotiation negotiation = new ChildNegotiation(new IkeContext(
            IkeSettings.of(new TestMesh(SuiteName.DEFAULT).member(1), 1),
            new SpiSource() {
                @Override
                public OptionalInt takeInboundSpi() {
                    return OptionalInt.of(OURS);
                }

                @Override
                public void freed(int spi) {
                    throw new AssertionError("nothing was freed");
                }
            },
            new JdkCrypto(),
            new Random(1)));

    private ChildNegotiation.Answer answer(List<Proposal> offered) {
        Payloads request = Payloads.of(
                new SecurityAssociation(offered),
                new TrafficSelectors(true, List.of(TrafficSelector.of(Cidr.host(TestMesh.address(2))))),
                new TrafficSelectors(false, List.of(TrafficSelector.of(Cidr.host(TestMesh.address(1))))));
        return negotiation.answer(
                request, new PeerRef.Signalled(TestMesh.nodeId(2)), true, List.of(Cidr.host(TestMesh.address(2))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 8})
    void theSpiIsThatOfTheChosenProposalWhateverElseHasItsNumber(int spiLength) {
        Proposal esp = Proposals.esp(SuiteName.DEFAULT, true, THEIRS).getFirst();
        List<Proposal> offered = new ArrayList<>();
        offered.add(new Proposal(esp.number(), AH, new byte[spiLength], esp.transforms()));
        offered.add(esp);

        ChildNegotiation.Answer answer = answer(offered);

        assertThat(answer).isInstanceOfSatisfying(ChildNegotiation.Answer.Accepted.class, accepted -> {
            assertThat(accepted.agreed().outboundSpi()).isEqualTo(0x0102_0304);
            assertThat(accepted.agreed().inboundSpi()).isEqualTo(OURS);
        });
    }

    @Test
    void ahAloneIsRefused() {
        Proposal esp = Proposals.esp(SuiteName.DEFAULT, true, THEIRS).getFirst();

        assertThat(answer(List.of(new Proposal(1, AH, THEIRS, esp.transforms()))))
                .isEqualTo(new ChildNegotiation.Answer.Refused(NotifyType.NO_PROPOSAL_CHOSEN));
    }
}
