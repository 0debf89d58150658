package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which addresses an upstream may have: the first and the last of the special ranges, and their neighbours (RFC 6890).
class AddressRulesTest {
    @ParameterizedTest(name = "{0} is public: {1}")
    @CsvSource({"0.0.0.0, false", "0.255.255.255, false", "1.0.0.1, true", "10.0.0.0, false", "10.255.255.255, false",
        "11.0.0.0, true", "100.63.255.255, true", "100.64.0.0, false", "100.127.255.255, false", "100.128.0.0, true",
        "127.0.0.1, false", "127.255.255.255, false", "128.0.0.1, true", "169.253.255.255, true",
        "169.254.169.254, false", "169.255.0.0, true", "172.15.255.255, true", "172.16.0.0, false",
        "172.31.255.255, false", "172.32.0.0, true", "192.0.0.1, false", "192.0.1.1, true", "192.0.2.1, false",
        "192.88.99.1, false", "192.168.0.0, false", "192.168.255.255, false", "192.169.0.0, true",
        "198.17.255.255, true", "198.18.0.0, false", "198.19.255.255, false", "198.20.0.0, true",
        "198.51.100.1, false", "203.0.113.1, false", "223.255.255.255, true", "224.0.0.1, false", "240.0.0.1, false",
        "255.255.255.255, false", "8.8.8.8, true"})
    void version4(String address, boolean isPublic) throws Exception {
        assertThat(AddressRules.isPublic(InetAddress.getByName(address))).isEqualTo(isPublic);
    }

    @ParameterizedTest(name = "{0} is public: {1}")
    @CsvSource({"::, false", "::1, false", "::ffff:10.0.0.1, false", "::ffff:8.8.8.8, true", "::127.0.0.1, false",
        "64:ff9b::10.0.0.1, false", "64:ff9b::8.8.8.8, true", "64:ff9b:1::8.8.8.8, false", "2002:0a00:0001::1, false",
        "2002:a9fe:a9fe::1, false", "2002:0808:0808::1, true", "fc00::1, false", "fdff:ffff::1, false",
        "fe00::1, false", "fe80::1, false", "fec0::1, false", "ff0e::1, false", "2001:db8::1, false",
        "2001:0::1, false", "2001:20::1, false", "3fff::1, false", "5f00::1, false", "100::1, false",
        "4000::1, false", "::ffff:0:10.0.0.1, false", "2001:4860:4860::8888, true", "2606:4700:4700::1111, true"})
    void version6(String address, boolean isPublic) throws Exception {
        assertThat(AddressRules.isPublic(InetAddress.getByName(address))).isEqualTo(isPublic);
    }

    @Test
    void ofSeveralAddressesThePublicOnesAreTaken() throws Exception {
        InetAddress[] resolved = {InetAddress.getByName("10.0.0.1"), InetAddress.getByName("8.8.8.8")};

        assertThat(AddressRules.allowed("mixed.example", resolved, false)).containsExactly(resolved[1]);
        assertThat(AddressRules.allowed("mixed.example", resolved, true)).containsExactly(resolved);
    }

    @Test
    void aNameWithoutAPublicAddressIsRefusedWithWhatToDo() throws Exception {
        InetAddress[] resolved = {InetAddress.getByName("169.254.169.254")};

        assertThatThrownBy(() -> AddressRules.allowed("metadata.example", resolved, false))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageContaining("169.254.169.254")
                .hasMessageContaining("allow-private");
    }
}
