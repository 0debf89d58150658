package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// `config/weir.yaml` is the documentation of the configuration and, where no file is named, the configuration.
class ReferenceFileTest {
    private static final ConfigSource REFERENCE = ConfigSource.builtIn(Configs.HOME);

    @Test
    void theReferenceFileEqualsTheDefaults() {
        String file = REFERENCE.text();
        String withoutRoutes = file.substring(0, file.indexOf("\nroutes:\n"));

        assertThat(Configs.config(withoutRoutes)).isEqualTo(Configs.config(""));
    }

    @Test
    void theFirstRouteEqualsItsShortestForm() {
        RouteConfig written = routes().get("openai");
        RouteConfig shortest = Configs.config("routes: {openai: {kind: llm, provider: openai, upstream:"
                + " https://api.openai.com, credential: ${OPENAI_API_KEY}}}").routes().get("openai");

        assertThat(written).isEqualTo(shortest);
    }

    @Test
    void everyKeyIsDocumentedWithItsDefault() throws Exception {
        List<String> lines = REFERENCE.text().lines().toList();
        for (Reading.Shown shown : Configs.keys(Configs.everyKey())) {
            String key = shown.path().substring(shown.path().lastIndexOf('.') + 1);
            assertThat(lines).as(shown.path()).anyMatch(line -> line.matches("\\s*(# +)?" + key + ": *\\S.*"));
        }
    }

    @Test
    void theUsualProvidersAreThere() {
        assertThat(routes().keySet()).containsExactly("openai", "anthropic", "gemini", "mistral", "groq", "deepseek",
                "xai", "openrouter", "together", "fireworks", "bedrock", "ollama", "sandbox");
        assertThat(routes().get("sandbox")).matches(RouteConfig::isSandbox);
        assertThat(routes().values().stream().filter(route -> !route.isSandbox()))
                .allMatch(route -> route.upstream().orElseThrow().tls() || route.allowPrivate());
    }

    @Test
    void theExampleOfASignedRouteIsGood() {
        String example = REFERENCE.text().substring(REFERENCE.text().indexOf("  # bedrock-signed:\n"));
        String route = example.substring(0, example.indexOf("\n\n"));

        var loaded = Configs.loaded("routes:\n" + route.replace("  # ", "  "),
                Map.of("AWS_ACCESS_KEY_ID", "AKID", "AWS_SECRET_ACCESS_KEY", "secret"));
        RouteConfig signed = Configs.route(loaded.config(), "bedrock-signed");

        assertThat(loaded.warnings()).isEmpty();
        assertThat(signed.credentialForm().signs()).isTrue();
        assertThat(signed.credential()).isEqualTo(new Credential.Given(Secret.of("AKID:secret")));
        assertThat(signed.region()).isEqualTo("us-east-1");
    }

    @Test
    void theExamplesOfTheOtherKindsAreGood() {
        String example = REFERENCE.text().substring(REFERENCE.text().indexOf("  # servicenow:\n"));

        var loaded = Configs.loaded("routes:\n" + example.replaceAll("(?m)^  # (?! *[A-Z])", "  "),
                Map.of("SERVICENOW_CREDENTIAL",
                        "weir:secret", "GITHUB_WEBHOOK_SECRET", "hush"));
        RouteConfig route = Configs.route(loaded.config(), "servicenow");

        assertThat(route.kind()).isEqualTo(RouteKind.CONNECTOR);
        assertThat(Configs.route(loaded.config(), "wiki").methods()).containsExactlyInAnyOrder("GET", "POST", "DELETE");
        assertThat(Configs.route(loaded.config(), "pushes").webhook().orElseThrow().signature())
                .isEqualTo(new SignatureRules(SignatureScheme.GITHUB, Secret.of("hush"), "X-Hub-Signature-256",
                        SignatureRules.Algorithm.SHA256, "sha256=", SignatureRules.Encoding.HEX, Optional.empty(),
                        "{body}", Duration.ofMinutes(5)));
        assertThat(loaded.warnings()).isEmpty();
        assertThat(route.credentialForm().value(Secret.of("weir:secret"))).isEqualTo("Basic d2VpcjpzZWNyZXQ=");
    }

    @Test
    void aFreshMachineGetsOneWarningForAllMissingKeys() {
        var loaded = (ConfigResult.Loaded) ConfigReader.read(REFERENCE, Map.of(), Map.of());

        assertThat(loaded.warnings()).singleElement()
                .asString()
                .contains("502", "/openai (OPENAI_API_KEY)", "/fireworks (FIREWORKS_API_KEY)");
    }

    @Test
    void aGivenKeyMakesItsRouteReady() {
        var loaded = (ConfigResult.Loaded) ConfigReader.read(REFERENCE, Map.of("OPENAI_API_KEY", "sk-1"), Map.of());

        assertThat(Configs.route(loaded.config(), "openai").credential())
                .isEqualTo(new Credential.Given(Secret.of("sk-1")));
        assertThat(loaded.warnings().toString()).doesNotContain("OPENAI_API_KEY");
    }

    private static Map<String, RouteConfig> routes() {
        return Configs.config(REFERENCE.text()).routes();
    }
}
