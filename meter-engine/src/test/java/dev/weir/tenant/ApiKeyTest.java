package dev.weir.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ApiKeyTest {
    private static final byte[] PEPPER = "a pepper of more than 32 bytes, for tests".getBytes();
    private final Random seeded = new Random(7);

    @Test
    void aNewKeyReadsBackAsItself() {
        for (int i = 0; i < 1_000; i++) {
            ApiKey key = ApiKey.generate(seeded::nextBytes);
            assertThat(key.reveal()).hasSize(ApiKey.LENGTH).matches("wr_[0-9A-Za-z]{39}");
            assertThat(ApiKey.parse(key.reveal())).map(ApiKey::reveal).contains(key.reveal());
        }
    }

    @Test
    void aKeyCarriesAtLeast160BitsOfTheRandomnessItIsGiven() {
        var texts = new HashSet<String>();
        for (int bit = 0; bit < 192; bit++) {
            int one = bit;
            texts.add(ApiKey.generate(bytes -> bytes[one / 8] = (byte) (1 << one % 8)).reveal());
        }
        assertThat(texts).hasSize(192);
    }

    @Test
    void everyChangedCharacterIsNoticed() {
        String text = ApiKey.generate(seeded::nextBytes).reveal();
        for (int i = 0; i < text.length(); i++) {
            char other = text.charAt(i) == 'x' ? 'y' : 'x';
            assertThat(ApiKey.parse(text.substring(0, i) + other + text.substring(i + 1))).as("at %d", i).isEmpty();
        }
        assertThat(ApiKey.parse(text + "0")).isEmpty();
        assertThat(ApiKey.parse(text.substring(1))).isEmpty();
        assertThat(ApiKey.parse("")).isEmpty();
        assertThat(ApiKey.parse("wr_" + "é".repeat(39))).isEmpty();
    }

    @Test
    void printingAKeyShowsItsLastFourCharactersOnly() {
        ApiKey key = ApiKey.generate(seeded::nextBytes);
        assertThat(key.toString()).isEqualTo("wr_…" + key.last4()).hasSize(8);
        assertThat(key.reveal()).endsWith(key.last4());
        assertThat(new KeyHasher(PEPPER).hash(key).toString()).doesNotContain(new KeyHasher(PEPPER).hash(key).toHex());
    }

    @Test
    void theHashIsHmacSha256UnderThePepper() throws Exception {
        ApiKey key = ApiKey.generate(seeded::nextBytes);
        var mac = javax.crypto.Mac.getInstance("HmacSHA256");
        mac.init(new javax.crypto.spec.SecretKeySpec(PEPPER, "HmacSHA256"));
        byte[] expected = mac.doFinal(key.reveal().getBytes());
        ApiKeyHash hash = new KeyHasher(PEPPER).hash(key);
        assertThat(hash.toBytes()).isEqualTo(expected);
        assertThat(hash).isEqualTo(ApiKeyHash.of(expected)).isEqualTo(ApiKeyHash.ofHex(hash.toHex()));
    }

    @Test
    void anotherPepperOrAnotherKeyIsAnotherHash() {
        ApiKey key = ApiKey.generate(seeded::nextBytes);
        byte[] other = PEPPER.clone();
        other[0]++;
        assertThat(new KeyHasher(PEPPER).hash(key)).isEqualTo(new KeyHasher(PEPPER).hash(key))
                .isNotEqualTo(new KeyHasher(other).hash(key))
                .isNotEqualTo(new KeyHasher(PEPPER).hash(ApiKey.generate(seeded::nextBytes)));
    }

    @Test
    void anEmptyShortOrTrivialPepperStopsTheStart() {
        assertThatThrownBy(() -> new KeyHasher(new byte[0])).hasMessageContaining("0 bytes and needs 32");
        assertThatThrownBy(() -> new KeyHasher(new byte[31])).hasMessageContaining("31 bytes and needs 32");
        assertThatThrownBy(() -> new KeyHasher(new byte[32])).hasMessageContaining("one byte repeated");
    }

    @Test
    void whatMeansToBeAWeirKeyIsToldByItsPrefix() {
        assertThat(ApiKey.isWeirKey("wr_nonsense")).isTrue();
        assertThat(ApiKey.isWeirKey("sk-proj-abc")).isFalse();
    }
}
