package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// No secret is ever printed, and a missing one stops only what needs it (G9.3, G9.4).
class SecretsTest {
    private static final String CANARY = "canary";

    @Test
    void noSecretIsPrinted() throws Exception {
        var loaded = Configs.loaded(Configs.everyKey(), Map.of());

        assertThat(List.of(loaded.effective(), loaded.toString(), loaded.config().toString()))
                .noneMatch(text -> text.contains(CANARY))
                .allMatch(text -> text.contains(Secret.MASK));
    }

    @Test
    void noSecretIsPrintedWithAProblem() throws Exception {
        String yaml = Configs.everyKey();
        List<Function<String, String>> mistakes = List.of(
                text -> text.replace("canary-credential", "\"canary\\nline\""),
                text -> text.replace("client-credential: swap", "client-credential: pass"),
                text -> text.replace("kind: webhook", "kind: webhok"),
                text -> text.replace("behind-proxy: true", "behind-proxy: tru"));

        for (Function<String, String> mistake : mistakes) {
            assertThat(Configs.problems(mistake.apply(yaml))).isNotEmpty().noneMatch(text -> text.contains(CANARY));
        }
    }

    @Test
    void whatComesFromElsewhereIsShownAsItsReference() {
        var variables = Map.of("HOST", "canary.example", "WORD", CANARY);

        var loaded = Configs.loaded("routes: {a: {kind: connector, upstream: 'https://${HOST}'}}", variables);
        var problems = Configs.problems("log: {level: ${WORD}}", variables);

        assertThat(Configs.route(loaded.config(), "a").upstream().orElseThrow().host()).isEqualTo("canary.example");
        assertThat(loaded.effective()).contains("upstream: https://${HOST}").doesNotContain(CANARY);
        assertThat(problems).singleElement().asString().contains("\"${WORD}\" is not one of").doesNotContain(CANARY);
    }

    @Test
    void aSecretsFileIsReadWithoutItsLastLineEnd(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("admin"), "from file\n");
        var source = new ConfigSource("weir.yaml", "admin: {key: ${file:admin}}", folder);

        var loaded = (ConfigResult.Loaded) ConfigReader.read(source, Map.of(), Map.of());

        assertThat(loaded.config().keys().admin()).contains(Secret.of("from file"));
    }

    @Test
    void aMissingCredentialStopsOnlyItsRoute() {
        var loaded = Configs.loaded("routes: {a: {kind: llm, provider: openai, upstream: https://a.example, credential:"
                + " ${NOWHERE}}, b: {kind: llm, provider: sandbox}}", Map.of());

        assertThat(Configs.route(loaded.config(), "a").credential()).isInstanceOfSatisfying(Credential.Missing.class,
                missing -> assertThat(missing.reason()).contains("NOWHERE", "not set"));
        assertThat(loaded.config().routes()).containsKey("b");
    }

    @Test
    void anEmptyVariableIsAnEmptySecretAndStopsTheStart() {
        assertThat(Configs.problems("", Map.of("WEIR_ADMIN_KEY", ""))).singleElement()
                .asString()
                .contains("WEIR_ADMIN_KEY", "empty");
        assertThat(Configs.problems("keys: {pepper: ${PEPPER}}", Map.of("PEPPER", ""))).singleElement()
                .asString()
                .contains("PEPPER, which is empty");
    }

    @Test
    void aDoubledDollarIsAPlainOne() {
        assertThat(Configs.config("admin: {key: 'a$${b}c'}").keys().admin()).contains(Secret.of("a${b}c"));
    }

    @Test
    void aSecretHasNoPrintingForm() {
        Secret secret = Secret.of(CANARY);

        assertThat(secret).hasToString(Secret.MASK)
                .isEqualTo(Secret.of(CANARY))
                .isNotEqualTo(Secret.of("other"))
                .hasSameHashCodeAs(Secret.of("other"));
        assertThat(secret.reveal()).isEqualTo(CANARY);
        assertThatThrownBy(() -> Secret.of("")).isInstanceOf(IllegalArgumentException.class);
    }
}
