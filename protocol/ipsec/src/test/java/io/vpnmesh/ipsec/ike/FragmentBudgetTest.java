// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.ipsec.message.IkePayload.EncryptedFragment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FragmentBudgetTest {

    private final FragmentBudget budget = new FragmentBudget();

    private static EncryptedFragment fragment(int number, int total) {
        return new EncryptedFragment(33, number, total, 0);
    }

    @Test
    void incompleteMessagesOfAllSasTogetherAreBounded() {
        List<Reassembler> all = new ArrayList<>();
        for (int i = 0; i < 4096; i++) {
            Reassembler reassembler = new Reassembler(16_384, budget);
            all.add(reassembler);
            for (int n = 1; n < 13; n++) {
                reassembler.add(1, false, fragment(n, 13), new byte[1200]);
            }
            assertThat(budget.used()).isLessThanOrEqualTo(FragmentBudget.MAX_BYTES);
        }

        all.forEach(Reassembler::clear);

        assertThat(budget.used()).isZero();
    }

    @Test
    void whatIsCompleteReplacedOrTooLongGivesItsMemoryBack() {
        Reassembler reassembler = new Reassembler(2000, budget);

        reassembler.add(1, false, fragment(1, 3), new byte[500]);
        reassembler.add(2, false, fragment(1, 2), new byte[700]);
        assertThat(budget.used()).isEqualTo(700);
        assertThat(reassembler.add(2, false, fragment(2, 2), new byte[700])).isPresent();
        assertThat(budget.used()).isZero();
        reassembler.add(3, false, fragment(1, 2), new byte[1900]);
        assertThat(reassembler.add(3, false, fragment(2, 2), new byte[200])).isEmpty();
        assertThat(budget.used()).isZero();
    }
}
