package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Address;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessTest {
    private static final String WRONG = "wr_canaryTenantKey00000000000000000000000";

    @Test
    void withoutACredentialOnlyOpenOperationsAnswer() {
        try (var plane = RunningControlPlane.start()) {
            for (var uri : List.of("/health/live", "/health/ready", "/metrics", "/openapi.yaml")) {
                assertThat(plane.send(HttpMethod.GET, uri, Map.of(), null).status()).as(uri).isEqualTo(200);
            }
            for (var uri : List.of("/api/tenants", "/api/tenants/a", "/api/keys?tenant=a", "/api/events",
                    "/api/costs/summary?tenant=a", "/api/budgets", "/api/budgets/b?tenant=a", "/api/alerts")) {
                var answer = plane.send(HttpMethod.GET, uri, Map.of(), null);
                assertThat(answer.status()).as(uri).isEqualTo(401);
                assertThat(answer.headers()).containsEntry("www-authenticate", "Bearer realm=\"weir\"");
            }
        }
    }

    @Test
    void credentialIsAskedForBeforeTheRequestIsRead() {
        try (var plane = RunningControlPlane.start()) {
            var answer = plane.send(HttpMethod.POST, "/api/tenants", Map.of("Content-Type", "text/plain"), "nonsense");
            assertThat(answer.status()).isEqualTo(401);
        }
    }

    @Test
    void adminKeyIsTakenFromEitherHeader() {
        try (var plane = RunningControlPlane.start()) {
            var key = RunningControlPlane.ADMIN_KEY;
            assertThat(status(plane, Map.of("Authorization", "bearer " + key))).isEqualTo(200);
            assertThat(status(plane, Map.of("X-Weir-Admin-Key", key))).isEqualTo(200);
            assertThat(status(plane, Map.of("Authorization", "Basic " + key))).isEqualTo(401);
            assertThat(status(plane, Map.of("Authorization", "Bearer " + key + "x"))).isEqualTo(401);
            assertThat(status(plane, Map.of("Authorization", "Bearer "))).isEqualTo(401);
        }
    }

    @Test
    void tenantKeyOpensNothingHereAndIsNotRepeated() {
        try (var plane = RunningControlPlane.start()) {
            var answer = plane.send(HttpMethod.GET, "/api/tenants", Map.of("Authorization", "Bearer " + WRONG), null);
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.text()).contains("tenant key").doesNotContain(WRONG);
        }
    }

    @Test
    void requestForAnotherHostIsRefused() {
        try (var plane = RunningControlPlane.start()) {
            assertThat(status(plane, withHost("evil.example:8085"))).isEqualTo(421);
            assertThat(status(plane, withHost("localhost:8085"))).isEqualTo(200);
            assertThat(status(plane, withHost("[::1]:8085"))).isEqualTo(200);
        }
    }

    @Test
    void configuredNameIsOurs() {
        var options = RunningControlPlane.LOOPBACK.withNames(Set.of("weir.internal"));
        try (var plane = RunningControlPlane.start(options)) {
            assertThat(status(plane, withHost("weir.internal:8085"))).isEqualTo(200);
            assertThat(status(plane, withHost("evil.example"))).isEqualTo(421);
        }
    }

    @Test
    void pageOfAnotherOriginIsRefused() {
        try (var plane = RunningControlPlane.start()) {
            assertThat(status(plane, withOrigin("https://evil.example"))).isEqualTo(403);
            assertThat(status(plane, withOrigin("null"))).isEqualTo(403);
            assertThat(status(plane, withOrigin("http://localhost:8085"))).isEqualTo(200);
        }
    }

    @Test
    void metricsNeedACredentialBeyondLoopback() {
        try (var plane = RunningControlPlane.start(ControlOptions.of(new Address("0.0.0.0", 0)))) {
            assertThat(plane.send(HttpMethod.GET, "/metrics", Map.of(), null).status()).isEqualTo(401);
            assertThat(plane.get("/metrics").status()).isEqualTo(200);
            assertThat(plane.send(HttpMethod.GET, "/health/live", Map.of(), null).status()).isEqualTo(200);
        }
    }

    @Test
    void peerOnLoopbackProvesNothingBehindAProxy() {
        try (var plane = RunningControlPlane.start(RunningControlPlane.LOOPBACK.withBehindProxy(true))) {
            assertThat(plane.send(HttpMethod.GET, "/metrics", Map.of(), null).status()).isEqualTo(401);
            assertThat(status(plane, withHost("weir.example.com"))).isEqualTo(200);
            assertThat(status(plane, withOrigin("https://evil.example"))).isEqualTo(403);
        }
    }

    @Test
    void operationWithoutARoleDoesNotStart() {
        assertThatThrownBy(() -> Access.of(List.of(), "listThings")).hasMessageContaining("listThings")
                .hasMessageContaining("x-weir-roles");
        assertThatThrownBy(() -> Access.of(List.of("amdin"), "listThings")).hasMessageContaining("amdin");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            admin                | admin
            admin,auditor        | admin auditor
            viewer               | viewer
            anyone               | admin auditor viewer
            local,admin          | admin
            """)
    void onlyTheNamedRolesAreLetIn(String declared, String letIn) {
        var access = Access.of(List.of(declared.split(",")), "listThings");
        for (Role role : Role.values()) {
            assertThat(access.allows(role, false)).as(role.id()).isEqualTo(letIn.contains(role.id()));
        }
        assertThat(access.isOpen(false)).isEqualTo(declared.contains("anyone"));
        assertThat(access.isOpen(true)).isEqualTo(declared.contains("anyone") || declared.contains("local"));
    }

    @Test
    void shortAdminKeyDoesNotStart() {
        assertThatThrownBy(() -> AdminKey.of("")).hasMessageContaining("0 characters").hasMessageContaining("16");
        assertThat(AdminKey.of("0123456789abcdef").toString()).doesNotContain("0123");
    }

    private static int status(RunningControlPlane plane, Map<String, String> headers) {
        return plane.send(HttpMethod.GET, "/api/tenants", headers, null).status();
    }

    private static Map<String, String> withHost(String host) {
        return Map.of("X-Weir-Admin-Key", RunningControlPlane.ADMIN_KEY, "Host", host);
    }

    private static Map<String, String> withOrigin(String origin) {
        return Map.of("X-Weir-Admin-Key", RunningControlPlane.ADMIN_KEY, "Origin", origin);
    }
}
