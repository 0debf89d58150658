package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.auth.token.credentials.SdkToken;
import software.amazon.awssdk.auth.token.credentials.StaticTokenProvider;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClientBuilder;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseResponse;
import software.amazon.awssdk.services.bedrockruntime.model.ServiceQuotaExceededException;
import software.amazon.awssdk.services.bedrockruntime.model.StopReason;

/// The SDK of AWS through Weir, with its own retries on: by a bearer key, and by a signature beside `X-Weir-Key`.
class BedrockSdkIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";
    private static final String MODEL = "sandbox-small";

    @TempDir
    private static Path folder;
    private static WeirProcess weir;

    @BeforeAll
    static void start() throws Exception {
        weir = WeirProcess.start(folder, CONFIG);
    }

    @AfterAll
    static void stop() {
        weir.close();
    }

    @Test
    void aCallWithABearerKeyIsMeteredAsTheClientSeesIt() throws Exception {
        try (BedrockRuntimeClient client = bearer(weir.newKey("bearer", "pro"))) {
            assertMetered(converse(client, "What is a weir?"), "bearer");
        }
    }

    @Test
    void aSignedCallIsMeteredForTheTenantOfItsHeader() throws Exception {
        try (BedrockRuntimeClient client = signed(weir.newKey("signed", "pro"))) {
            assertMetered(converse(client, "What is a weir?"), "signed");
        }
    }

    @Test
    void aBlockCostsTheSdkExactlyOneRequest() throws Exception {
        try (BedrockRuntimeClient client = signed(weir.newKey("blocked-bedrock", "free"))) {
            assertThatThrownBy(() -> converse(client, "weir ".repeat(3_000)))
                    .isInstanceOf(ServiceQuotaExceededException.class)
                    .hasMessageContaining("free-tokens-per-day");
            List<JsonObject> events = Events.atLeast(1, weir, "blocked-bedrock");
            assertThat(events).hasSize(1);
            assertThat(events.getFirst().getString("outcome")).isEqualTo("blocked");
        }
    }

    private static void assertMetered(ConverseResponse answer, String tenant) throws Exception {
        assertThat(answer.output().message().content().getFirst().text()).isNotBlank();
        assertThat(answer.stopReason()).isEqualTo(StopReason.MAX_TOKENS);
        JsonObject event = Events.atLeast(1, weir, tenant).getFirst();
        JsonObject meters = event.getJsonObject("meters");
        assertThat(meters.getLong("tokens_in")).isEqualTo((long) answer.usage().inputTokens());
        assertThat(meters.getLong("tokens_out")).isEqualTo((long) answer.usage().outputTokens());
        assertThat(event.getString("outcome")).isEqualTo("ok");
    }

    private static ConverseResponse converse(BedrockRuntimeClient client, String text) {
        return client.converse(call -> call.modelId(MODEL)
                .messages(message -> message.role(ConversationRole.USER).content(ContentBlock.fromText(text)))
                .inferenceConfig(config -> config.maxTokens(8)));
    }

    private static BedrockRuntimeClient bearer(String key) {
        return client().tokenProvider(StaticTokenProvider.create(new SdkToken() {
            @Override
            public String token() {
                return key;
            }

            @Override
            public Optional<Instant> expirationTime() {
                return Optional.empty();
            }
        }))
                .authSchemeProvider(call -> List
                        .of(AuthSchemeOption.builder().schemeId("smithy.api#httpBearerAuth").build()))
                .build();
    }

    private static BedrockRuntimeClient signed(String key) {
        return client()
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "pair")))
                .overrideConfiguration(all -> all.putHeader("X-Weir-Key", key))
                .build();
    }

    private static BedrockRuntimeClientBuilder client() {
        return BedrockRuntimeClient.builder()
                .endpointOverride(URI.create(weir.url("/sandbox")))
                .region(Region.US_EAST_1)
                .httpClient(UrlConnectionHttpClient.create());
    }
}
