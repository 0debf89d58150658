package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.GatewayConfig;
import java.io.PrintStream;

/// What a newcomer needs right after the start: something to paste, where to point an SDK, where to look.
final class Banner {
    private Banner() {}

    static void print(Gateway gateway, PrintStream out) {
        GatewayConfig config = gateway.config();
        String scheme = config.listen().tls().isPresent() ? "https" : "http";
        String data = scheme + "://" + reachable(config.listen().data()) + ":" + gateway.dataPort();
        String control = (config.control().tls().isPresent() ? "https" : "http") + "://"
                + reachable(config.listen().control())
                + ":" + gateway.controlPort();
        String key = config.demo().enabled()
                ? "$(cat " + gateway.folder().file(DemoTenants.KEY_FILE) + ")"
                : "YOUR_WEIR_KEY";
        String admin = config.keys().admin().isPresent()
                ? "$WEIR_ADMIN_KEY"
                : "$(cat " + gateway.folder().file(Secrets.ADMIN_FILE) + ")";
        out.print(
                """

                        Weir is ready.

                          data plane     %1$s/{route}/…
                          control plane  %2$s   (contract: %2$s/openapi.yaml)

                        Try it; the sandbox needs no provider key:

                          curl -s %1$s/sandbox/v1/chat/completions \\
                            -H "Authorization: Bearer %3$s" \\
                            -H "Content-Type: application/json" \\
                            -d '{"model":"sandbox-small","max_tokens":60,"messages":[{"role":"user","content":"What is a weir?"}]}'

                        Point an SDK at it:

                          export OPENAI_BASE_URL=%1$s/sandbox/v1     OPENAI_API_KEY="%3$s"
                          export ANTHROPIC_BASE_URL=%1$s/sandbox     ANTHROPIC_API_KEY="%3$s"

                          (with a provider's key configured: /openai/v1 and /anthropic instead of /sandbox/v1 and /sandbox)

                        Look:

                          metrics        curl -s %2$s/metrics
                          events         curl -s -H "Authorization: Bearer %4$s" '%2$s/api/events?tenant=demo'
                          costs          curl -s -H "Authorization: Bearer %4$s" '%2$s/api/costs/summary?tenant=demo&period=%5$s'

                        Ctrl-C stops everything that was started.

                        """
                        .formatted(data, control, key, admin, java.time.YearMonth.now(java.time.ZoneOffset.UTC)));
        out.flush();
    }

    private static String reachable(Address address) {
        return switch (address.host()) {
            case "0.0.0.0", "::" -> "127.0.0.1";
            case String host when host.contains(":") -> "[" + host + "]";
            case String host -> host;
        };
    }
}
