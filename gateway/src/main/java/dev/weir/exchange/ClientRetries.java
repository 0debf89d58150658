package dev.weir.exchange;

import io.vertx.core.MultiMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How often a client tried before: SDKs say so. Stainless's (OpenAI, Anthropic) count retries in `x-stainless-retry-count`,
/// those of AWS count attempts in `amz-sdk-request: attempt=2; max=3`.
final class ClientRetries {
    private static final String STAINLESS = "x-stainless-retry-count";
    private static final String AWS = "amz-sdk-request";
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,4}");
    private static final Pattern ATTEMPT = Pattern.compile("(?:^|.*;)\\s*attempt=([0-9]{1,4})\\s*(?:;.*)?");

    private ClientRetries() {}

    /// Whether the client retries by itself, so that Weir does not.
    static boolean areItsOwn(MultiMap headers) {
        return headers.contains(STAINLESS) || headers.contains(AWS);
    }

    /// 0 for a first try, and where the client does not say.
    static int before(MultiMap headers) {
        @Nullable
        String stainless = headers.get(STAINLESS);
        if (stainless != null) {
            return NUMBER.matcher(stainless).matches() ? Integer.parseInt(stainless) : 0;
        }
        @Nullable
        String aws = headers.get(AWS);
        Matcher attempt = ATTEMPT.matcher(aws == null || aws.length() > 128 ? "" : aws);
        return attempt.matches() ? Math.max(0, Integer.parseInt(attempt.group(1)) - 1) : 0;
    }
}
