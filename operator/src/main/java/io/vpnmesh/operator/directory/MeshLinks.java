// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.directory.ctl.CtlMessage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The connections to all relays of one mesh. One owner thread. */
final class MeshLinks {

    private final Supplier<SSLContext> tls;
    private final ControlLink.Listener listener;
    private final Map<String, ControlLink> links = new HashMap<>();
    private final Map<ControlLink, String> problems = new HashMap<>();
    private @Nullable String problem;

    MeshLinks(Supplier<SSLContext> tls, ControlLink.Listener listener) {
        this.tls = tls;
        this.listener = listener;
    }

    /** Keeps exactly these connections. */
    void keep(Map<String, List<HostPort>> targets) {
        links.entrySet().removeIf(entry -> {
            boolean unwanted = !entry.getValue().addresses().equals(targets.get(entry.getKey()));
            if (unwanted) {
                entry.getValue().stop();
                problems.remove(entry.getValue());
            }
            return unwanted;
        });
        targets.forEach((name, addresses) -> {
            if (!links.containsKey(name)) {
                ControlLink link = new ControlLink(name, addresses, tls, listener);
                links.put(name, link);
                link.start();
            }
        });
    }

    boolean owns(ControlLink link) {
        return links.containsValue(link);
    }

    void sendAll(CtlMessage message) {
        links.values().forEach(link -> link.send(message));
    }

    void reconnect() {
        links.values().forEach(ControlLink::reconnect);
    }

    boolean anyConnected() {
        return links.values().stream().anyMatch(ControlLink::isConnected);
    }

    int size() {
        return links.size();
    }

    /** Notes what went wrong; false when it is what went wrong there before. */
    boolean problem(ControlLink link, String message) {
        problem = message;
        return !message.equals(problems.put(link, message));
    }

    void connected(ControlLink link) {
        problems.remove(link);
    }

    /** What went wrong last, for people; empty when nothing did. */
    String lastProblem() {
        return problem == null ? "" : problem;
    }

    void stop() {
        links.values().forEach(ControlLink::stop);
        links.clear();
    }
}
