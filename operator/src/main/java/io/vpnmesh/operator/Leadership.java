// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;

/**
 * Whether this replica reconciles. Admission, enrolment and the feed are answered by every replica and do not ask.
 * Leadership once lost is not taken again by the same process: the operator SDK ends it, and Kubernetes starts it anew.
 */
@ApplicationScoped
public class Leadership {

    private static final Logger LOG = Logger.getLogger(Leadership.class);
    private static final String LEASE = "vpnmesh-operator";

    private final List<Runnable> gained = new CopyOnWriteArrayList<>();
    private volatile boolean leader;

    public boolean isLeader() {
        return leader;
    }

    /** Runs the action when this replica becomes the leader, or at once if it is. It must not block. */
    public void onGained(Runnable action) {
        gained.add(action);
        if (leader) {
            action.run();
        }
    }

    void gain() {
        LOG.info("event=leader-gained");
        leader = true;
        gained.forEach(Runnable::run);
    }

    void lose() {
        if (leader) {
            LOG.warn("event=leader-lost");
        }
        leader = false;
    }

    /** The lease as the operator SDK wants it described. */
    @Singleton
    static class LeaseProducer {

        @Produces
        @Singleton
        LeaderElectionConfiguration lease(OperatorSettings settings, Leadership leadership) {
            return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
                    .withLeaseNamespace(settings.namespace())
                    .withIdentity(settings.podName())
                    .withLeaderCallbacks(new LeaderCallbacks(leadership::gain, leadership::lose, _ -> {}))
                    .build();
        }
    }
}
