// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import picocli.CommandLine.Command;

/** The group of verbs that need no Kubernetes. */
@Command(
        name = "lab",
        mixinStandardHelpOptions = true,
        description = "Meshes without Kubernetes: an authority, identities and feeds as files.",
        subcommands = {LabCaCommand.class, LabIdentityCommand.class, LabFeedCommand.class})
public final class LabCommand {}
