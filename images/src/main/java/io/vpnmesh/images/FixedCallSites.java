// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.ByteArrayInputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Switches over types and the equals and hashCode of records, as code. The compiler leaves both to the run time ({@code
 * java.lang.runtime.SwitchBootstraps}, {@code ObjectMethods}), which writes and loads a class for each when it first comes by,
 * and no class archive keeps those: of the thread that a sidecar's first packet waits for it was 29 % of the processor time.
 * So each call becomes one of a private method that does the same.
 */
final class FixedCallSites {

    private static final int PRIVATE_STATIC = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;

    private static final ClassDesc OBJECTS = ClassDesc.of("java.util.Objects");
    private static final MethodTypeDesc EQUALS =
            MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_Object, ConstantDescs.CD_Object);
    private static final MethodTypeDesc HASH_CODE = MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_Object);
    private static final int HASH_FACTOR = 31;

    private final ClassFile classFile;

    private FixedCallSites(ClassFile classFile) {
        this.classFile = classFile;
    }

    /** @param files all classes of the class path by file: what they inherit from each other is in the code's stack maps */
    static FixedCallSites of(Map<String, byte[]> files) {
        Map<ClassDesc, byte[]> classes = new HashMap<>();
        files.forEach((name, code) ->
                classes.put(ClassDesc.ofInternalName(name.substring(0, name.length() - Jar.CLASS.length())), code));
        ClassHierarchyResolver ofPath = ClassHierarchyResolver.ofResourceParsing(type -> {
            byte[] code = classes.get(type);
            return code == null ? null : new ByteArrayInputStream(code);
        });
        return new FixedCallSites(ClassFile.of(
                ClassFile.ClassHierarchyResolverOption.of(ofPath.orElse(ClassHierarchyResolver.defaultResolver())),
                // A call that is left in the pool, and in no code, would crash the dump of a class archive.
                ClassFile.ConstantPoolSharingOption.NEW_POOL));
    }

    /** The same class; the same bytes where it has no such call. */
    byte[] fix(byte[] code) {
        ClassModel model = classFile.parse(code);
        List<InvokeDynamicInstruction> fixed = new ArrayList<>();
        ClassTransform calls = ClassTransform.transformingMethodBodies((builder, element) -> {
            if (element instanceof InvokeDynamicInstruction call && (isTypeSwitch(call) || isRecordMethod(call))) {
                builder.invokestatic(
                        model.thisClass().asSymbol(), name(call, fixed.size()), call.typeSymbol(), isInterface(model));
                fixed.add(call);
            } else {
                builder.with((CodeElement) element);
            }
        });
        ClassTransform methods = ClassTransform.endHandler(builder -> {
            for (int i = 0; i < fixed.size(); i++) {
                InvokeDynamicInstruction call = fixed.get(i);
                builder.withMethodBody(
                        name(call, i),
                        call.typeSymbol(),
                        PRIVATE_STATIC,
                        body -> write(body, model.thisClass().asSymbol(), call));
            }
        });
        byte[] changed = classFile.transformClass(model, calls.andThen(methods));
        return fixed.isEmpty() ? code : changed;
    }

    private static boolean isInterface(ClassModel model) {
        return model.flags().has(java.lang.reflect.AccessFlag.INTERFACE);
    }

    private static String name(InvokeDynamicInstruction call, int number) {
        return "fixed$" + call.name().stringValue() + "$" + number;
    }

    /** Over types only: labels that are constants stay with the run time. */
    private static boolean isTypeSwitch(InvokeDynamicInstruction call) {
        return isOf(call, "java.lang.runtime.SwitchBootstraps", "typeSwitch")
                && !call.typeSymbol().parameterType(0).isPrimitive()
                && call.bootstrapArgs().stream()
                        .allMatch(label -> label instanceof ClassDesc type && !type.isPrimitive());
    }

    private static boolean isRecordMethod(InvokeDynamicInstruction call) {
        return isOf(call, "java.lang.runtime.ObjectMethods", "bootstrap")
                && List.of("equals", "hashCode").contains(call.name().stringValue());
    }

    private static boolean isOf(InvokeDynamicInstruction call, String owner, String name) {
        DirectMethodHandleDesc bootstrap = call.bootstrapMethod();
        return bootstrap.owner().equals(ClassDesc.of(owner))
                && bootstrap.methodName().equals(name);
    }

    private static void write(CodeBuilder body, ClassDesc owner, InvokeDynamicInstruction call) {
        switch (call.name().stringValue()) {
            case "equals" -> equals(body, owner, components(call));
            case "hashCode" -> hashCode(body, owner, components(call));
            default -> typeSwitch(body, call.bootstrapArgs());
        }
    }

    /** The accessors that a record's bootstrap is given, behind its class and the names: fields, in order. */
    private static List<DirectMethodHandleDesc> components(InvokeDynamicInstruction call) {
        return call.bootstrapArgs().stream()
                .skip(2)
                .map(DirectMethodHandleDesc.class::cast)
                .toList();
    }

    /** As SwitchBootstraps.typeSwitch: the first label from {@code restart} on that fits; -1 for null, the count for none. */
    private static void typeSwitch(CodeBuilder body, List<ConstantDesc> labels) {
        Label present = body.newLabel();
        body.aload(0).ifnonnull(present).iconst_m1().ireturn().labelBinding(present);
        for (int i = 0; i < labels.size(); i++) {
            Label next = body.newLabel();
            body.iload(1).loadConstant(i).if_icmpgt(next);
            body.aload(0).instanceOf((ClassDesc) labels.get(i)).ifeq(next);
            body.loadConstant(i).ireturn().labelBinding(next);
        }
        body.loadConstant(labels.size()).ireturn();
    }

    /** As Record.equals: primitive components by the compare of their wrapper, others by Objects.equals. */
    private static void equals(CodeBuilder body, ClassDesc owner, List<DirectMethodHandleDesc> components) {
        Label different = body.newLabel();
        body.aload(1).instanceOf(owner).ifeq(different);
        body.aload(1).checkcast(owner).astore(2);
        for (DirectMethodHandleDesc component : components) {
            ClassDesc type = component.invocationType().returnType();
            body.aload(0).getfield(owner, component.methodName(), type);
            body.aload(2).getfield(owner, component.methodName(), type);
            if (type.isPrimitive()) {
                ClassDesc wrapper = wrapper(type);
                body.invokestatic(wrapper, "compare", MethodTypeDesc.of(ConstantDescs.CD_int, type, type));
                body.ifne(different);
            } else {
                body.invokestatic(OBJECTS, "equals", EQUALS).ifeq(different);
            }
        }
        body.iconst_1().ireturn().labelBinding(different).iconst_0().ireturn();
    }

    private static void hashCode(CodeBuilder body, ClassDesc owner, List<DirectMethodHandleDesc> components) {
        body.iconst_0();
        for (DirectMethodHandleDesc component : components) {
            ClassDesc type = component.invocationType().returnType();
            body.loadConstant(HASH_FACTOR).imul();
            body.aload(0).getfield(owner, component.methodName(), type);
            if (type.isPrimitive()) {
                body.invokestatic(wrapper(type), "hashCode", MethodTypeDesc.of(ConstantDescs.CD_int, type));
            } else {
                body.invokestatic(OBJECTS, "hashCode", HASH_CODE);
            }
            body.iadd();
        }
        body.ireturn();
    }

    private static ClassDesc wrapper(ClassDesc primitive) {
        return switch (TypeKind.from(primitive)) {
            case BOOLEAN -> ConstantDescs.CD_Boolean;
            case BYTE -> ConstantDescs.CD_Byte;
            case SHORT -> ConstantDescs.CD_Short;
            case CHAR -> ConstantDescs.CD_Character;
            case INT -> ConstantDescs.CD_Integer;
            case LONG -> ConstantDescs.CD_Long;
            case FLOAT -> ConstantDescs.CD_Float;
            case DOUBLE -> ConstantDescs.CD_Double;
            case REFERENCE, VOID -> throw new IllegalArgumentException(primitive.displayName());
        };
    }
}
