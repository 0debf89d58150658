package dev.weir.exchange;

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
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/// The recorded traffic, where it is there: `$WEIR_SHARED/corpus`, or `shared/corpus` beside the project's folder.
final class RecordedTraffic {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RecordedTraffic() {}

    /// The records of one provider in one wire format; skips the test, and says so, where there is no recorded traffic.
    static List<JsonNode> of(Set<String> providers, Set<String> wireFormats) {
        Path file = file();
        List<JsonNode> records = new ArrayList<>();
        try (var lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file), 1 << 16), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (wireFormats.stream().noneMatch(line::contains)) {
                    continue;
                }
                JsonNode record = JSON.readTree(line);
                if (providers.contains(record.path("provider").asText())
                        && wireFormats.contains(record.path("wire_format").asText())) {
                    records.add(record);
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return records;
    }

    /// The bytes of a recorded answer.
    static byte[] body(JsonNode response) {
        String body = response.path("body").asText();
        return response.path("body_encoding").asText().equals("base64")
                ? Base64.getDecoder().decode(body)
                : body.getBytes(StandardCharsets.UTF_8);
    }

    private static Path file() {
        String named = System.getenv("WEIR_SHARED");
        Path folder = named != null ? Path.of(named) : projectFolder().resolveSibling("shared");
        Path file = folder.resolve("corpus/real-traffic.jsonl.gz");
        boolean there = Files.isRegularFile(file);
        if (!there) {
            System.err.println("SKIPPED: no recorded traffic at " + file + "; set WEIR_SHARED to the folder of corpus");
        }
        Assumptions.assumeTrue(there, "no recorded traffic at " + file + "; set WEIR_SHARED to the folder of corpus");
        return file;
    }

    private static Path projectFolder() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve(".git"))) {
            folder = folder.getParent();
        }
        return folder == null ? Path.of("").toAbsolutePath() : folder;
    }
}
