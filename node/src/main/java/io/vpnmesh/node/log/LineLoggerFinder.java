// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.log;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link System.Logger}s write one line an event: time, level, the class's simple name, {@code key=value} text.
 * Found as a service, so the processes load no logging framework. JDK-internal loggers speak from WARNING on only.
 */
public final class LineLoggerFinder extends System.LoggerFinder {

    /** Process-wide by nature: loggers are made before any configuration is read. */
    private static volatile System.Logger.Level ownLevel = System.Logger.Level.INFO;

    /** Sets the level of our own loggers for the process. */
    public static void setLevel(System.Logger.Level level) {
        ownLevel = level;
    }

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new LineLogger(name, name.startsWith("io.vpnmesh."), System.err);
    }

    record LineLogger(String name, boolean own, PrintStream out) implements System.Logger {

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            Level least = own ? ownLevel : Level.WARNING;
            return level != Level.OFF && level.getSeverity() >= least.getSeverity();
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                write(level, message == null ? "" : message, thrown);
            }
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String format, @Nullable Object... parameters) {
            if (isLoggable(level)) {
                String text = format == null ? "" : format;
                boolean plain = parameters == null || parameters.length == 0;
                write(level, plain ? text : java.text.MessageFormat.format(text, parameters), null);
            }
        }

        private void write(Level level, String message, @Nullable Throwable thrown) {
            StringBuilder line = new StringBuilder(128)
                    .append(Instant.now().truncatedTo(ChronoUnit.MILLIS))
                    .append(' ')
                    .append(level == Level.WARNING ? "WARN" : level.name())
                    .append(' ')
                    .append(name, name.lastIndexOf('.') + 1, name.length())
                    .append(' ')
                    .append(message.replace('\n', ' '));
            for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                line.append(" cause=\"").append(cause).append('"');
                StackTraceElement[] trace = cause.getStackTrace();
                for (int i = 0; i < Math.min(trace.length, 6); i++) {
                    line.append(i == 0 ? " at=" : ",")
                            .append(trace[i].getFileName())
                            .append(':')
                            .append(trace[i].getLineNumber());
                }
            }
            out.println(line);
        }
    }
}
