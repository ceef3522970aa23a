// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e;

import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.run.Machine;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Needs root, namespaces and the lab's programs. Where they are missing the class is skipped, and the reason is
/// printed.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("lab")
@ExtendWith(LabTest.Condition.class)
public @interface LabTest {
    /// Whether the programs of a cluster are needed too.
    boolean needsCluster() default true;

    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            var needsCluster = context.getTestClass()
                    .flatMap(type -> Optional.ofNullable(type.getAnnotation(LabTest.class)))
                    .map(LabTest::needsCluster)
                    .orElse(true);
            var obstacle = Machine.obstacle().or(() -> needsCluster ? Tools.obstacle() : Optional.empty());
            if (obstacle.isEmpty()) {
                return ConditionEvaluationResult.enabled("the lab runs here");
            }
            if (context.getTestMethod().isEmpty()) {
                System.err.println("SKIPPED " + context.getDisplayName() + ": " + obstacle.get());
            }
            return ConditionEvaluationResult.disabled(obstacle.get());
        }
    }
}
