// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What one image holds.
 *
 * @param name repository name without registry and tag
 * @param uid the user the process runs as when Kubernetes does not say otherwise
 * @param libraries jars in class path order, which {@link ImageJars} puts together in {@code /app/lib}
 * @param tree a folder copied to {@code /app} as it is, in place of libraries; null for a plain class path
 * @param natives shared libraries that are nice to have: soname, then the Debian package it comes from
 * @param launch what follows the JVM options: class path and main class, or {@code -jar}
 * @param modules what jlink puts into the Java runtime
 * @param jvmOptions options for every start of the process
 * @param classes the list of what goes into the class archive, from {@code make class-lists}; null for no archive
 */
record ImageSpec(
        String name,
        int uid,
        List<Path> libraries,
        @org.jspecify.annotations.Nullable Path tree,
        Map<String, String> natives,
        List<String> launch,
        List<String> modules,
        List<String> jvmOptions,
        @org.jspecify.annotations.Nullable Path classes) {}
