// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ReachedClassesTest {

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

    private static Jar jar(String name, byte[]... classes) {
        SortedMap<String, byte[]> files = new TreeMap<>();
        for (byte[] code : classes) {
            files.put(ClassFile.of().parse(code).thisClass().asInternalName() + ".class", code);
        }
        return new Jar(name, files);
    }

    @Test
    void followsTypesAndNamesInWords() {
        Jar ours = jar("ours", code("io.vpnmesh.A", "org.bouncycastle.a.Direct", "nothing"));
        Jar foreign = jar("foreign", code("io.netty.B", "org.bouncycastle.a.OnlyOthers", "nothing"));
        Jar library = jar(
                "library",
                code("org.bouncycastle.a.Direct", "java.lang.String", "see org.bouncycastle.b.ByName"),
                code("org.bouncycastle.b.ByName", "org.bouncycastle.b.Deep", ""),
                code("org.bouncycastle.b.Deep", "org.bouncycastle.a.Direct", ""),
                code("org.bouncycastle.a.OnlyOthers", "java.lang.String", ""));

        ReachedClasses reached = ReachedClasses.of(List.of(ours, foreign, library));

        assertThat(List.of("a/Direct", "b/ByName", "b/Deep", "a/OnlyOthers").stream()
                        .map(name -> "org/bouncycastle/" + name + ".class"))
                .extracting(reached::has)
                .containsExactly(true, true, true, false);
        assertThat(reached.has("io/netty/B.class")).isFalse();
    }

    /** Its library of native code looks for them by name. */
    @Test
    void jnaIsReachedAsAWhole() {
        Jar jna = jar("jna", code("com.sun.jna.Callback", "java.lang.String", "see org.a.b.C"));
        Jar library = jar("library", code("org.a.b.C", "java.lang.String", ""));

        ReachedClasses reached = ReachedClasses.of(List.of(jna, library));

        assertThat(reached.has("com/sun/jna/Callback.class")).isTrue();
        assertThat(reached.has("org/a/b/C.class")).isTrue();
    }
}
