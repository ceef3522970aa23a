// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.InvokeDynamicEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FixedCallSitesTest {

    /** All kinds of components that equals and hashCode tell apart. */
    public record Everything(
            boolean flag,
            byte small,
            char letter,
            short two,
            int four,
            long eight,
            float real,
            double twice,
            @Nullable String text) {}

    public sealed interface Shape {
        /** In an interface, where a private method is called in another way. */
        default String kind() {
            return switch (this) {
                case Circle circle when circle.radius() > 100 -> "huge circle";
                case Circle _ -> "circle";
                case Square square -> "square of " + square.side();
            };
        }
    }

    public record Circle(int radius) implements Shape {}

    public record Square(long side) implements Shape {}

    /** Run with the classes as the compiler made them, and as the image has them. */
    public static final class Subject implements Function<Integer, Object> {

        @Override
        public Object apply(Integer seed) {
            List<Object> seen = new ArrayList<>();
            List<Object> values = new ArrayList<>();
            @Nullable Object nothing = seed == 1 ? "x" : null;
            for (int i = 0; i < 3; i++) {
                values.add(new Everything(
                        i == 1, (byte) i, 'a', (short) 7, seed, -seed, i == 2 ? 0.0f : -0.0f, 1.5, null));
                values.add(new Everything(
                        i == 1, (byte) i, 'a', (short) 7, seed, -seed, Float.NaN, Double.NaN, "t" + i / 2));
                values.add(new Circle(seed * i));
                values.add(new Square(seed));
            }
            for (Object one : values) {
                seen.add(one.hashCode());
                seen.add(text(one));
                for (Object other : values) {
                    seen.add(one.equals(other));
                }
                seen.add(one.equals(nothing));
            }
            seen.add(text(null));
            seen.add(text(4));
            seen.add(text(5));
            return seen;
        }

        private static String text(@Nullable Object value) {
            return switch (value) {
                case null -> "null";
                case Shape shape -> shape.kind();
                case Integer number when number % 2 == 0 -> "even";
                case Integer _ -> "odd";
                default -> value.toString();
            };
        }
    }

    /** Knows nothing but these classes, and loads them as it was told. */
    private static final class Fixed extends ClassLoader {

        private final FixedCallSites callSites;

        Fixed(FixedCallSites callSites) {
            super(FixedCallSitesTest.class.getClassLoader());
            this.callSites = callSites;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(FixedCallSitesTest.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            byte[] code = callSites.fix(code(name));
            return defineClass(name, code, 0, code.length);
        }
    }

    private static byte[] code(String name) {
        try (InputStream in = FixedCallSitesTest.class.getResourceAsStream("/" + name.replace('.', '/') + ".class")) {
            return java.util.Objects.requireNonNull(in).readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static FixedCallSites callSites() {
        return FixedCallSites.of(Stream.of(FixedCallSitesTest.class.getDeclaredClasses())
                .map(Class::getName)
                .collect(Collectors.toMap(name -> name.replace('.', '/') + ".class", FixedCallSitesTest::code)));
    }

    @Test
    @SuppressWarnings("unchecked")
    void doesWhatTheRunTimeWouldDo() throws Exception {
        Class<?> subject = new Fixed(callSites()).loadClass(Subject.class.getName());
        var fixed = (Function<Integer, Object>) subject.getConstructor().newInstance();

        for (int seed : new int[] {0, 1, 77, -5, Integer.MIN_VALUE}) {
            assertThat(fixed.apply(seed)).isEqualTo(new Subject().apply(seed));
        }
    }

    @Test
    void leavesNothingToTheRunTime() {
        for (Class<?> type : List.of(Everything.class, Shape.class, Subject.class)) {
            assertThat(bootstraps(code(type.getName()))).as("before").isNotEmpty();
            assertThat(bootstraps(callSites().fix(code(type.getName()))))
                    .as(type.getName())
                    .isEmpty();
        }
    }

    @Test
    void classWithoutSuchCallsKeepsItsBytes() {
        byte[] code = code(FixedCallSitesTest.class.getName());

        assertThat(callSites().fix(code)).isSameAs(code);
    }

    private static List<String> bootstraps(byte[] code) {
        ClassModel model = ClassFile.of().parse(code);
        List<String> names = new ArrayList<>();
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof InvokeDynamicEntry call && isCalled(model, call)) {
                names.add(call.bootstrap().bootstrapMethod().reference().name() + " " + call.name());
            }
        }
        return names.stream()
                .filter(name -> name.startsWith("typeSwitch") || name.endsWith(" equals") || name.endsWith(" hashCode"))
                .toList();
    }

    /** An entry that no instruction uses any more may stay in the pool. */
    private static boolean isCalled(ClassModel model, InvokeDynamicEntry call) {
        return model.methods().stream()
                .flatMap(method -> method.code().stream())
                .flatMap(body -> body.elementStream())
                .anyMatch(element -> element instanceof java.lang.classfile.instruction.InvokeDynamicInstruction used
                        && used.invokedynamic().equals(call));
    }
}
