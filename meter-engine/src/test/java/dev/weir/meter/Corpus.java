package dev.weir.meter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/// The recorded traffic, where it is there: `$WEIR_SHARED/corpus`, or `shared/corpus` beside the project's folder.
final class Corpus {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Corpus() {}

    /// The folder; skips the test, and says so, where there is none.
    static Path folder() {
        String named = System.getenv("WEIR_SHARED");
        Path folder = named != null ? Path.of(named) : projectFolder().resolveSibling("shared");
        boolean there = Files.isRegularFile(folder.resolve("corpus/real-traffic.jsonl.gz"));
        if (!there) {
            System.err.println("SKIPPED: no recorded traffic in " + folder + "/corpus; set WEIR_SHARED to its parent");
        }
        Assumptions.assumeTrue(there, "no recorded traffic in " + folder + "/corpus; set WEIR_SHARED to its parent");
        return folder.resolve("corpus");
    }

    private static Path projectFolder() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve(".git"))) {
            folder = folder.getParent();
        }
        return folder == null ? Path.of("").toAbsolutePath() : folder;
    }

    /// The records that `wanted` takes, in the order of the file.
    static List<JsonNode> records(Predicate<JsonNode> wanted) {
        List<JsonNode> records = new ArrayList<>();
        try (var lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(folder().resolve("real-traffic.jsonl.gz")), 1 << 16),
                StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode record = JSON.readTree(line);
                if (wanted.test(record)) {
                    records.add(record);
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return records;
    }

    static List<JsonNode> hardCases() {
        try (var lines = Files.lines(folder().resolve("hard-cases.jsonl"))) {
            List<JsonNode> cases = new ArrayList<>();
            for (String line : lines.toList()) {
                cases.add(JSON.readTree(line));
            }
            return cases;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] body(JsonNode response) {
        String body = response.path("body").asText();
        return response.path("body_encoding").asText().equals("base64")
                ? Base64.getDecoder().decode(body)
                : body.getBytes(StandardCharsets.UTF_8);
    }
}
