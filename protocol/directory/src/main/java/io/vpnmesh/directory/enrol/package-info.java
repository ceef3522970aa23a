// SPDX-License-Identifier: Apache-2.0
/** Bodies of the operator's HTTP interface: address, enrolment, status, errors. */
@NullMarked
package io.vpnmesh.directory.enrol;

import org.jspecify.annotations.NullMarked;
