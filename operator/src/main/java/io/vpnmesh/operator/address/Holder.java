// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

/** A pod that holds, or asks for, an overlay address. */
public record Holder(String uid, String namespace, String name) {}
