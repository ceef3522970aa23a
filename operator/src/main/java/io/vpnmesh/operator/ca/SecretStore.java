// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.fabric8.kubernetes.api.model.Secret;
import java.util.Optional;

/** The few things that keys need of the API server. Errors: KubernetesClientException from every method. */
public interface SecretStore {

    /** Reads from the API server, never from a cache: keys are made when this says there are none. */
    Optional<Secret> get(String namespace, String name);

    /** Creates; false when a Secret of this name exists, which then stays as it is. */
    boolean create(Secret secret);

    /** Replaces exactly the version that was read; false when somebody was faster. */
    boolean replace(Secret secret);

    void delete(String namespace, String name);
}
