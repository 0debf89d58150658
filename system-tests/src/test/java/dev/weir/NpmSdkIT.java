package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The official SDKs of npm through Weir, unmodified but for base URL and key, with their own retries on. Needs `node` and
/// `npm`, and a registry or npm's own cache.
class NpmSdkIT {
    private static final List<String> FILES = List.of("package.json", "package-lock.json", ".npmrc", "sdks.mjs");
    private static final long MINUTES_MAX = 5;

    @TempDir
    private static Path folder;
    private static WeirProcess weir;
    private static CarelessUpstream careless;
    private static final Map<String, JsonObject> SEEN = new HashMap<>();

    @BeforeAll
    static void driveTheSdks() throws Exception {
        Path scripts = install();
        careless = new CarelessUpstream();
        weir = WeirProcess.start(folder.resolve("weir"),
                careless.config() + "  sandbox: {kind: llm, provider: sandbox}\n");
        var node = new ProcessBuilder("node", "sdks.mjs").directory(scripts.toFile());
        node.environment().put("ROOT_URL", weir.url(""));
        for (String scenario : List.of("openaiChat", "openaiStream", "openaiError", "openaiBlock", "anthropicMessage",
                "anthropicStream", "anthropicBlock", "openaiCut", "responsesCut", "anthropicCut")) {
            String plan = scenario.endsWith("Block") || scenario.endsWith("Cut") ? "free" : "pro";
            node.environment().put("KEY_" + scenario, weir.newKey(tenant(scenario), plan));
        }
        for (String line : output(node).lines().toList()) {
            JsonObject seen = new JsonObject(line);
            SEEN.put(seen.getString("name"), seen);
        }
    }

    @AfterAll
    static void stop() {
        if (weir != null) {
            weir.close();
            careless.close();
        }
    }

    /// Into a folder that outlives the run, so that a second one downloads nothing.
    private static Path install() throws IOException, InterruptedException {
        Path target = Files.createDirectories(Path.of("target/npm"));
        boolean installed = Files.exists(target.resolve("node_modules")) && sameLock(target);
        for (String file : FILES) {
            Files.copy(Path.of("src/test/npm", file), target.resolve(file),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        if (!installed) {
            String problem = problemOf(new ProcessBuilder("npm", "ci", "--ignore-scripts", "--prefer-offline")
                    .directory(target.toFile()));
            if (problem != null) {
                System.err.println("SKIPPED: npm's SDKs cannot be installed here: " + problem);
            }
            Assumptions.assumeTrue(problem == null, "npm's SDKs cannot be installed here: " + problem);
        }
        return target;
    }

    private static boolean sameLock(Path target) throws IOException {
        Path before = target.resolve("package-lock.json");
        return Files.exists(before) && Files.mismatch(before, Path.of("src/test/npm/package-lock.json")) < 0;
    }

    private static @Nullable String problemOf(ProcessBuilder command) throws InterruptedException {
        try {
            Process process = command.redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes());
            return process.waitFor(MINUTES_MAX, TimeUnit.MINUTES) && process.exitValue() == 0 ? null : said;
        } catch (IOException noNpm) {
            return noNpm.getMessage();
        }
    }

    private static String output(ProcessBuilder command) throws IOException, InterruptedException {
        Process process = command.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(MINUTES_MAX, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }

    private static JsonObject seen(String scenario) {
        return Objects.requireNonNull(SEEN.get(scenario), scenario);
    }

    private static String tenant(String scenario) {
        return scenario.toLowerCase(java.util.Locale.ROOT);
    }

    private static JsonObject eventOf(String scenario) throws Exception {
        List<JsonObject> events = Events.atLeast(1, weir, tenant(scenario));
        assertThat(events).hasSize(1);
        return events.getFirst();
    }

    @Test
    void answersArriveWholeAndAreMeteredAsTheSdkReadsThem() throws Exception {
        for (String scenario : List.of("openaiChat", "openaiStream", "anthropicMessage", "anthropicStream")) {
            JsonObject seen = seen(scenario);
            assertThat(seen.getString("error")).as(scenario + " " + seen).isNull();
            assertThat(seen.getString("text")).as(scenario).isNotBlank();
            assertThat(seen.getInteger("requests")).as(scenario).isEqualTo(1);
            JsonObject event = eventOf(scenario);
            assertThat(event.getJsonObject("meters").getLong("tokens_out")).as(scenario)
                    .isEqualTo(seen.getLong("out"));
            if (seen.containsKey("in")) {
                assertThat(event.getJsonObject("meters").getLong("tokens_in")).as(scenario)
                        .isEqualTo(seen.getLong("in"));
            }
            assertThat(event.getJsonObject("provenance").getString("tokens_out")).isEqualTo("reported");
            assertThat(event.getString("outcome")).isEqualTo("ok");
        }
        assertThat(seen("openaiStream").getInteger("chunksWithoutChoice"))
                .as("the usage chunk that Weir asked for is taken out")
                .isZero();
    }

    @Test
    void anUpstreamErrorRaisesTheSdksOwnException() throws Exception {
        assertThat(seen("openaiError").getString("error")).isEqualTo("BadRequestError");
        assertThat(eventOf("openaiError").getString("outcome")).isEqualTo("upstream_error");
    }

    @ParameterizedTest
    @CsvSource({"openaiCut, length", "responsesCut, max_output_tokens", "anthropicCut, max_tokens"})
    void aStreamThatMeetsACapIsAnAnswerThatCameToItsOutputLimit(String scenario, String reason) throws Exception {
        JsonObject seen = seen(scenario);
        assertThat(seen.getString("error")).as(seen.encode()).isNull();
        assertThat(seen.getString("reason")).isEqualTo(reason);
        assertThat(seen.getString("text")).matches("( word){190,700}");
        assertThat(seen.getLong("out")).isEqualTo(200);
        assertThat(seen.getInteger("requests")).isEqualTo(1);
        assertThat(eventOf(scenario).getString("outcome")).isEqualTo("cut_by_cap");
        assertThat(eventOf(scenario).getString("reason_code")).isEqualTo("cap_exceeded");
    }

    @Test
    void aBlockCostsExactlyOneRequestAndSaysWhichLimit() throws Exception {
        for (String scenario : List.of("openaiBlock", "anthropicBlock")) {
            JsonObject seen = seen(scenario);
            assertThat(seen.getString("error")).as(seen.encode()).isEqualTo("RateLimitError");
            assertThat(seen.getInteger("status")).isEqualTo(429);
            assertThat(seen.getString("message")).contains("free-tokens-per-day");
            assertThat(seen.getInteger("requests")).as("requests of " + scenario).isEqualTo(1);
            assertThat(eventOf(scenario).getString("outcome")).isEqualTo("blocked");
        }
    }
}
