package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Every key can be set, in the file and by its variable, and what is set arrives in the tree.
class EveryKeyTest {
    private static final String PLAIN_ROUTE = "routes: {full: {kind: llm, provider: openai, upstream:"
            + " https://api.openai.com}}";

    @Test
    void theTestsFileSetsEveryKey() throws Exception {
        assertThat(Configs.keys(Configs.everyKey())).hasSizeGreaterThan(70)
                .allSatisfy(shown -> assertThat(shown.origin()).as(shown.path()).isEmpty());
    }

    @Test
    void everySetKeyArrives() throws Exception {
        GatewayConfig config = Configs.config(Configs.everyKey());
        List<String> unchanged = new ArrayList<>();

        collectEqual("", config, Configs.config(PLAIN_ROUTE), unchanged);

        // `pass` cannot stand beside a credential: the test below sets it.
        assertThat(unchanged).containsExactly("routes.full.name", "routes.full.passClientCredential");
        assertThat(Configs.config(PLAIN_ROUTE.replace("}}", ", client-credential: pass}}")).routes().get("full"))
                .matches(RouteConfig::passClientCredential);
    }

    @Test
    void everyKeyCanBeSetByItsVariable() throws Exception {
        Map<String, String> variables = new HashMap<>();
        for (Reading.Shown shown : Configs.keys(Configs.everyKey())) {
            variables.put(Reading.variable(shown.path()), unbracketed(shown.value()));
        }
        secrets().forEach((path, secret) -> variables.put(Reading.variable(path), secret));

        assertThat(Configs.loaded(PLAIN_ROUTE, variables).config()).isEqualTo(Configs.config(Configs.everyKey()));
    }

    @Test
    void theCommandLineWinsOverTheVariableAndTheVariableOverTheFile() {
        var source = new ConfigSource("weir.yaml", "listen: {data: 127.0.0.1:1, control: 127.0.0.1:2}", Configs.HOME);
        var variables = Map.of("WEIR_LISTEN_DATA", "127.0.0.1:3", "WEIR_LISTEN_CONTROL", "127.0.0.1:4");

        var loaded = (ConfigResult.Loaded) ConfigReader.read(source, variables, Map.of("listen.data", "127.0.0.1:5"));

        assertThat(loaded.config().listen().data().port()).isEqualTo(5);
        assertThat(loaded.config().listen().control().port()).isEqualTo(4);
        assertThat(loaded.effective()).contains("data: 127.0.0.1:5  # --listen",
                "control: 127.0.0.1:4  # WEIR_LISTEN_CONTROL");
    }

    @Test
    void theEffectiveConfigurationCanBeReadBack() throws Exception {
        var loaded = Configs.loaded(Configs.everyKey().replaceAll("canary-[a-z]+", "k"), Map.of());

        String again = loaded.effective().replace("'" + Secret.MASK + "'", "k");

        assertThat(Configs.config(again)).isEqualTo(loaded.config());
        assertThat(Configs.problems(loaded.effective())).hasSize(7).allMatch(text -> text.contains("the mask"));
    }

    private static String unbracketed(String shown) {
        String text = shown.replace("'", "");
        return text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
    }

    private static Map<String, String> secrets() {
        return Map.of("database.password", "canary-database", "kafka.password", "canary-kafka", "keys.pepper",
                "canary-pepper", "admin.key",
                "canary-admin", "demo.key", "canary-demo", "routes.full.credential", "canary-credential",
                "routes.full.signature.secret", "canary-signature");
    }

    private static void collectEqual(String path, Object set, Object standard, List<String> equal) throws Exception {
        for (RecordComponent component : set.getClass().getRecordComponents()) {
            String at = path + component.getName();
            Object one = Objects.requireNonNull(component.getAccessor().invoke(set));
            Object other = Objects.requireNonNull(component.getAccessor().invoke(standard));
            if (one instanceof Map<?, ?> map) {
                collectEqual(at + ".full.", Objects.requireNonNull(map.get("full")),
                        Objects.requireNonNull(((Map<?, ?>) other).get("full")), equal);
            } else if (one.getClass().isRecord() && one.getClass() == other.getClass()
                    && one.getClass().getEnclosingClass() != null) {
                collectEqual(at + ".", one, other, equal);
            } else if (one.equals(other)) {
                equal.add(at);
            }
        }
    }
}
