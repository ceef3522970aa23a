// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReachedClassesTest {

    @TempDir
    private Path folder;

    /** A class that has a method with this type among its parameters, and these words among its constants. */
    private static byte[] code(String name, String type, String words) {
        return ClassFile.of()
                .build(
                        ClassDesc.of(name),
                        builder -> builder.withMethodBody(
                                "m",
                                MethodTypeDesc.of(ConstantDescs.CD_String, ClassDesc.of(type)),
                                ClassFile.ACC_PUBLIC,
                                body -> body.loadConstant(words).areturn()));
    }

    private Path jar(String name, byte[]... classes) throws IOException {
        Path jar = folder.resolve(name);
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (byte[] code : classes) {
                String type = ClassFile.of().parse(code).thisClass().asInternalName();
                out.putNextEntry(new ZipEntry(type + ".class"));
                out.write(code);
                out.closeEntry();
            }
        }
        return jar;
    }

    @Test
    void followsTypesAndNamesInWords() throws IOException {
        Path ours = jar("ours.jar", code("io.vpnmesh.A", "org.bouncycastle.a.Direct", "nothing"));
        Path foreign = jar("foreign.jar", code("io.netty.B", "org.bouncycastle.a.OnlyOthers", "nothing"));
        Path library = jar(
                "library.jar",
                code("org.bouncycastle.a.Direct", "java.lang.String", "see org.bouncycastle.b.ByName"),
                code("org.bouncycastle.b.ByName", "org.bouncycastle.b.Deep", ""),
                code("org.bouncycastle.b.Deep", "org.bouncycastle.a.Direct", ""),
                code("org.bouncycastle.a.OnlyOthers", "java.lang.String", ""));

        ReachedClasses reached = ReachedClasses.of(List.of(ours, foreign, library));

        assertThat(reached.count()).isEqualTo(3);
        assertThat(List.of("Direct", "OnlyOthers").stream().map(name -> "org/bouncycastle/a/" + name + ".class"))
                .extracting(reached::has)
                .containsExactly(true, false);
        assertThat(reached.has("org/bouncycastle/b/Deep.class")).isTrue();
        assertThat(reached.has("org/bouncycastle/b/words.properties")).isTrue();
        assertThat(reached.has("META-INF/versions/9/org/bouncycastle/a/Direct.class"))
                .isFalse();
        assertThat(reached.has("META-INF/LICENSE")).isTrue();
        assertThat(reached.has("io/netty/B.class")).isTrue();
    }
}
