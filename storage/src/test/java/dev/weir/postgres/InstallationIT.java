package dev.weir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// What nodes of one database have in common.
final class InstallationIT {
    @Test
    void theFirstPepperIsThatOfTheInstallation() {
        try (var postgres = Postgres.open(TestServer.VERTX, TestServer.database())) {
            assertThat(postgres.installation().hasPepper("one")).isTrue();
            assertThat(postgres.installation().hasPepper("other")).isFalse();
            assertThat(postgres.installation().hasPepper("one")).isTrue();
        }
    }
}
