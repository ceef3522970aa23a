// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.law;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/rfc says which test shows what an RFC demands: those tests are there. */
class RfcCoverageTest {

    private static final Pattern REFERENCE = Pattern.compile("`([A-Z]\\w+)\\.([a-z]\\w+)`");
    private static final Pattern CELL = Pattern.compile("`StrongswanIT\\.cells` \\(([^)]+)\\)");
    private static final Pattern ROW = Pattern.compile("(?m)^\\|(?! *§|-)[^|]*\\|[^|]*\\|([^|]*)\\|$");

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> sources = testSources();
        List<String> missing = new ArrayList<>();
        int found = 0;
        for (Path page : pages()) {
            Matcher reference = REFERENCE.matcher(Files.readString(page));
            while (reference.find()) {
                String source = sources.getOrDefault(reference.group(1), "");
                if (Pattern.compile("(void|DynamicNode>) " + reference.group(2) + "\\(")
                        .matcher(source)
                        .find()) {
                    found++;
                } else {
                    missing.add(page.getFileName() + ": " + reference.group());
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(found).isGreaterThan(100);
    }

    @Test
    void everyCellThatIsNamedExists() throws IOException {
        Path cells = Repository.root().resolve("protocol/ipsec/src/test/java/io/vpnmesh/ipsec/interop");
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.list(cells)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith("Cells.java")).toList()) {
                sources.append(Files.readString(file));
            }
        }
        int found = 0;
        for (Path page : pages()) {
            Matcher reference = CELL.matcher(Files.readString(page));
            while (reference.find()) {
                found++;
                assertThat(sources)
                        .as(page.toString())
                        .contains("\"" + reference.group(1).replaceFirst("\\d+$", ""));
            }
        }
        assertThat(found).isGreaterThan(10);
    }

    @Test
    void everyRowNamesATestOrSaysWhyNot() throws IOException {
        for (Path page : pages()) {
            if (page.getFileName().toString().equals("README.md")) {
                continue;
            }
            Matcher row = ROW.matcher(Files.readString(page));
            int rows = 0;
            while (row.find()) {
                rows++;
                assertThat(row.group(1))
                        .as("%s: %s", page.getFileName(), row.group())
                        .isNotBlank();
            }
            assertThat(rows).as(page.toString()).isPositive();
        }
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(Repository.root().resolve("docs/rfc"))) {
            return files.sorted().toList();
        }
    }

    /** Source text of each test class by its simple name. */
    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.walk(Repository.root())) {
            for (Path file : files.filter(path -> path.toString().matches(".*/src/test/.*(Test|IT)\\.java"))
                    .toList()) {
                sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        return sources;
    }
}
