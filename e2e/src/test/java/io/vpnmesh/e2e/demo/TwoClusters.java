// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Tests on the two clusters of the demo. All classes with this mark share one pair, started for the first and taken
/// down after the last, and each leaves it as it found it. The constructor gets the [Overlay].
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@ExtendWith(TwoClusters.Extension.class)
@interface TwoClusters {
    /// Beyond the classes that name no order.
    int LAST = 1 << 30 | 1 << 29;

    final class Extension implements ExecutionCondition, ParameterResolver {
        private static final ExtensionContext.Namespace OURS = ExtensionContext.Namespace.create(TwoClusters.class);

        /// Closed by JUnit when all classes are through.
        private record Running(Run run, Overlay overlay) implements AutoCloseable {
            static Running start() {
                Run run = Run.open("vmtest", Run.Lifetime.TIED);
                try {
                    return new Running(run, Overlay.start(run, Product.here(), new Progress()));
                } catch (RuntimeException e) {
                    run.close();
                    throw e;
                }
            }

            @Override
            public void close() {
                run.close();
            }
        }

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            var obstacle = Machine.obstacle().or(Tools::obstacle);
            if (obstacle.isEmpty()) {
                return ConditionEvaluationResult.enabled("the lab runs here");
            }
            if (context.getTestMethod().isEmpty()) {
                System.err.println("SKIPPED " + context.getDisplayName() + ": " + obstacle.get());
            }
            return ConditionEvaluationResult.disabled(obstacle.get());
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Overlay.class;
        }

        @Override
        public Overlay resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(OURS)
                    .computeIfAbsent("clusters", _ -> Running.start(), Running.class)
                    .overlay();
        }
    }
}
