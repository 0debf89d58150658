package dev.weir.dialect;

import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What the handshake of a realtime session tells: the model, where the query names it, and nothing that would bound the session.
///
/// The provider keeps the conversation and decides itself when to answer (it hears when somebody has finished speaking), so no
/// message of the client bounds what will be read or said: the input is unseen (docs/decisions/0006).
final class SessionRequest {
    private SessionRequest() {}

    /// @param names the query parameters that may name the model, the first that is there counts
    static RequestReading read(RequestHead head, String... names) {
        var prompt = new PromptText();
        prompt.notOnlyText();
        prompt.unseen("a realtime session, whose conversation the provider keeps");
        ModelId model = null;
        for (String name : names) {
            model = model == null ? named(head.path(), name) : model;
        }
        return new RequestReading.Facts(
                new RequestFacts(model, true, 1, 1, OptionalLong.empty(), true, prompt, null, true,
                        Quantities.NONE, null, RequestFacts.Layout.NONE));
    }

    private static @Nullable ModelId named(String target, String name) {
        int query = target.indexOf('?');
        if (query < 0) {
            return null;
        }
        for (String pair : target.substring(query + 1).split("&")) {
            if (pair.startsWith(name + "=")) {
                String value = decoded(pair.substring(name.length() + 1));
                return value.isEmpty() || value.length() > ModelId.LENGTH_MAX ? null : new ModelId(value);
            }
        }
        return null;
    }

    /// The triplets of a target were checked with its head.
    private static String decoded(String value) {
        if (value.indexOf('%') < 0) {
            return value;
        }
        var bytes = new byte[value.length()];
        int length = 0;
        for (int i = 0; i < value.length(); i++) {
            boolean triplet = value.charAt(i) == '%' && i + 2 < value.length();
            bytes[length++] = (byte) (triplet ? HexFormat.fromHexDigits(value, i + 1, i + 3) : value.charAt(i));
            i += triplet ? 2 : 0;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
