// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.webhook;

import io.quarkus.tls.runtime.KeyStoreAndKeyCertOptions;
import io.quarkus.tls.runtime.KeyStoreProvider;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import jakarta.enterprise.context.ApplicationScoped;

/** Hands the operator's certificate to the HTTPS server; asked again at each reload. */
@ApplicationScoped
@Identifier(OperatorKeyStore.TLS_CONFIGURATION)
public class OperatorKeyStore implements KeyStoreProvider {

    static final String TLS_CONFIGURATION = "vpnmesh";

    private final OperatorTls tls;

    public OperatorKeyStore(OperatorTls tls) {
        this.tls = tls;
    }

    @Override
    public KeyStoreAndKeyCertOptions getKeyStore(Vertx vertx) {
        OperatorTls.Material material = tls.material();
        PemKeyCertOptions options = new PemKeyCertOptions()
                .addCertValue(Buffer.buffer(material.certificate()))
                .addKeyValue(Buffer.buffer(material.key()));
        try {
            return new KeyStoreAndKeyCertOptions(options.loadKeyStore(vertx), options);
        } catch (Exception e) {
            throw new IllegalStateException("the operator's own certificate is not usable", e);
        }
    }
}
