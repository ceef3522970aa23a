// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.transport.setup.Link;
import io.vpnmesh.transport.setup.LinkAddress;
import io.vpnmesh.transport.setup.NetworkView;
import io.vpnmesh.transport.setup.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The addresses that a pod needs outside the mesh, each with the words that name it.
 *
 * @param needed in the order of their weight
 */
record PodWorld(List<Need> needed) {

    /** @param what for the message, such as "the pod's own address" */
    record Need(String what, Cidr prefix) {}

    private static final String API_SERVER = "KUBERNETES_SERVICE_HOST";

    PodWorld {
        needed = List.copyOf(needed);
    }

    /**
     * Reads the world of this process, leaving out the mesh's own interface from an earlier set-up.
     *
     * @param hostAddresses of the pod and its node, by what they are
     */
    static PodWorld read(
            NetworkView view,
            String meshLink,
            Map<String, IpAddress> hostAddresses,
            Path resolvConf,
            Map<String, String> env) {
        int mesh = view.link(meshLink).map(Link::index).orElse(-1);
        List<Need> needed = new ArrayList<>();
        hostAddresses.forEach((what, address) -> needed.add(new Need(what, Cidr.host(address))));
        addLiteral(needed, "the API server (" + API_SERVER + ")", env.getOrDefault(API_SERVER, ""));
        for (String nameserver : nameservers(resolvConf)) {
            addLiteral(needed, "the DNS server in " + resolvConf, nameserver);
        }
        for (LinkAddress address : view.addresses()) {
            if (address.linkIndex() != mesh
                    && !address.address().isLoopback()
                    && !address.address().isLinkLocal()) {
                needed.add(new Need("an address of " + name(view, address.linkIndex()), Cidr.host(address.address())));
            }
        }
        for (Route route : view.routes()) {
            // The default route is everybody's last resort and loses to the mesh's by design.
            if (route.linkIndex() != mesh && route.destination().length() > 0) {
                needed.add(new Need(
                        "the route " + route.destination() + " through " + name(view, route.linkIndex()),
                        route.destination()));
            }
        }
        return new PodWorld(needed);
    }

    private static String name(NetworkView view, int index) {
        return view.link(index).map(Link::name).orElse("interface " + index);
    }

    private static void addLiteral(List<Need> needed, String what, String text) {
        try {
            needed.add(new Need(what, Cidr.host(IpAddress.parse(text))));
        } catch (IllegalArgumentException _) {
            // A name, or nothing: names are resolved by the servers that are checked themselves.
        }
    }

    static List<String> nameservers(Path resolvConf) {
        try {
            return Files.readAllLines(resolvConf).stream()
                    .map(String::strip)
                    .filter(line -> line.startsWith("nameserver "))
                    .map(line -> line.substring("nameserver ".length()).strip())
                    .toList();
        } catch (IOException _) {
            return List.of();
        }
    }

    /** What a route for these prefixes would take away from the pod; empty when nothing. */
    List<String> collisions(List<Cidr> meshPrefixes) {
        List<String> collisions = new ArrayList<>();
        for (Cidr mesh : meshPrefixes) {
            for (Need need : needed) {
                if (mesh.overlaps(need.prefix())) {
                    collisions.add(
                            "the mesh range " + mesh + " holds " + need.what() + " (" + text(need.prefix()) + ")");
                }
            }
        }
        return collisions;
    }

    private static String text(Cidr prefix) {
        return prefix.length() == prefix.address().bitLength()
                ? prefix.address().toString()
                : prefix.toString();
    }
}
