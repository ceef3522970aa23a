// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

/** Which pod a token was issued to, by word of the API server. */
record TokenPod(String namespace, String serviceAccount, String name, String uid) {}
