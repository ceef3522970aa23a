// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.Vectors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EnrolJsonTest {

    private final ExampleMesh example = new ExampleMesh();
    private final NodeId node = NodeId.of(ExampleMesh.id(1));

    @Test
    void address() throws MalformedException {
        AddressResponse response = new AddressResponse(
                "shop/global",
                example.mesh,
                example.north.id,
                node,
                List.of(IpAddress.parse("198.18.0.1"), IpAddress.parse("fd00::1")),
                List.of(Cidr.parse("198.18.0.0/16")),
                0);

        Vectors.same("address-response.json", response.toJson() + "\n");

        assertThat(AddressResponse.parse(Vectors.read("address-response.json"))).isEqualTo(response);
        assertThat(AddressResponse.parse(response.toJson().replace("}", ",\"mtu\":1400}"))
                        .mtu())
                .isEqualTo(1400);
        assertThatThrownBy(() -> AddressResponse.parse(response.toJson().replace("}", ",\"mtu\":100}")))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("1280");
    }

    @Test
    void enrolment() throws MalformedException {
        MeshKeyPair pair = MeshKeyPair.generate(SuiteName.DEFAULT, example.random);
        EnrolRequest request = new EnrolRequest(Csr.build(pair, example.random));
        EnrolResponse response = new EnrolResponse(
                node,
                1,
                Pem.encode(example.north
                        .signer(example.north.identity(NodeRole.SIDECAR, 1, "198.18.0.1"))
                        .chain()
                        .getFirst()),
                Pem.encode(example.north.full),
                Pem.encode(example.north.foreign),
                List.of(Pem.encode(example.root)),
                ExampleMesh.NOW.plusSeconds(259_200),
                ExampleMesh.NOW.plusSeconds(86_400));

        Vectors.same("enrol-request.json", request.toJson() + "\n");
        Vectors.same("enrol-response.json", response.toJson() + "\n");

        assertThat(EnrolRequest.parse(Vectors.read("enrol-request.json"))).isEqualTo(request);
        assertThat(EnrolResponse.parse(Vectors.read("enrol-response.json"))).isEqualTo(response);
    }

    @Test
    void status() throws MalformedException {
        StatusReport report = new StatusReport(
                1_780_000_000_000L,
                List.of(node),
                "AddressDependent",
                List.of(Endpoint.parse("192.0.2.7:40001")),
                List.of(
                        new PeerStatus(node, PeerStatus.Path.RELAYED, "SymmetricNat", 12.5, Optional.of(node)),
                        new PeerStatus(node, PeerStatus.Path.DOWN, "PathLost", -1, Optional.empty())),
                Map.of("espIn", 5L, "espOut", 7L),
                true,
                Optional.of(new CommandResult("c1", "path: relayed", "")));

        Vectors.same("status-report.json", report.toJson() + "\n");

        assertThat(StatusReport.parse(Vectors.read("status-report.json"))).isEqualTo(report);
        assertThat(StatusReport.parse("{\"bootEpoch\":1}").peers()).isEmpty();
        assertThat(StatusResponse.parse(new StatusResponse().toJson())).isEqualTo(new StatusResponse());
    }

    @Test
    void error() throws MalformedException {
        ApiError error =
                new ApiError(403, "WrongAudience", "the token is for another audience; mount one for vpnmesh.io");

        Vectors.same("api-error.json", error.toJson() + "\n");

        assertThat(ApiError.parse(Vectors.read("api-error.json"))).isEqualTo(error);
    }
}
