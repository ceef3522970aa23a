// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e;

import io.vpnmesh.e2e.cluster.CloudLoadBalancer;
import io.vpnmesh.e2e.cluster.Cluster;
import io.vpnmesh.e2e.cluster.ClusterProvider;
import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.net.Topology;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/// Everything a scenario starts from: an internet, sites behind NATs, a Ready cluster in each, and a cloud's load
/// balancer for each.
public final class Lab implements AutoCloseable {
    private final Run run;
    private final Topology topology;
    private final Map<String, Cluster> clusters;

    private Lab(Run run, Topology topology, Map<String, Cluster> clusters) {
        this.run = run;
        this.topology = topology;
        this.clusters = clusters;
    }

    /// Builds it all; the clusters start at the same time. The lab owns the run: closing either takes everything down.
    /// Errors: [LabException] with the fix when the provider cannot be used here; nothing is left behind then.
    ///
    /// @param progress gets one line per step, for people
    public static Lab start(Run run, List<String> sites, ClusterProvider provider, Consumer<String> progress) {
        try {
            provider.obstacle().ifPresent(reason -> {
                throw new LabException(provider.name() + ": " + reason);
            });
            var begin = System.nanoTime();
            var topology = Topology.create(run, sites);
            progress.accept("internet, STUN server and %d sites behind NATs, %s".formatted(sites.size(), since(begin)));
            return new Lab(run, topology, startClusters(run, topology, provider, progress));
        } catch (RuntimeException e) {
            run.abandon();
            throw e;
        }
    }

    private static Map<String, Cluster> startClusters(
            Run run, Topology topology, ClusterProvider provider, Consumer<String> progress) {
        var begin = System.nanoTime();
        var starting = new ArrayList<Future<Cluster>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var site : topology.sites()) {
                starting.add(threads.submit(() -> {
                    var cluster = provider.start(run, site);
                    CloudLoadBalancer.start(run, site, cluster.client());
                    progress.accept("cluster %s is Ready, %s".formatted(site.name(), since(begin)));
                    return cluster;
                }));
            }
        }
        var clusters = new TreeMap<String, Cluster>();
        for (var future : starting) {
            var cluster = result(future);
            clusters.put(cluster.name(), cluster);
        }
        return clusters;
    }

    private static Cluster result(Future<Cluster> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while the clusters start", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof LabException failure
                    ? failure
                    : new LabException("a cluster did not start: " + e.getCause(), e.getCause());
        }
    }

    private static String since(long begin) {
        return "%.1f s".formatted(Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1000.0);
    }

    public Run run() {
        return run;
    }

    public Topology topology() {
        return topology;
    }

    public Site site(String name) {
        return topology.site(name);
    }

    public Cluster cluster(String name) {
        var cluster = clusters.get(name);
        if (cluster == null) {
            throw new IllegalArgumentException("no cluster %s; there are %s".formatted(name, clusters.keySet()));
        }
        return cluster;
    }

    public List<Cluster> clusters() {
        return List.copyOf(clusters.values());
    }

    @Override
    public void close() {
        run.close();
    }
}
