package dev.weir.dialect;

import dev.weir.usage.ModelId;
import org.jspecify.annotations.Nullable;

/// The model in a path of AWS Bedrock, `/model/{id}/{verb}`. The id may be percent-encoded, and it may be
///
/// | id | becomes |
/// |---|---|
/// | a model's, `amazon.nova-lite-v1:0` | itself |
/// | an inference profile's of AWS, `us.amazon.nova-lite-v1:0`, `global.…` | itself: it has a price of its own |
/// | an ARN of one of these two, `arn:aws:bedrock:…:inference-profile/us.amazon.nova-lite-v1:0` | the id behind the slash |
/// | any other ARN: application profile, provisioned or imported model, router, prompt | the ARN: only its owner knows more |
final class BedrockModel {
    private static final String BEFORE = "/model/";
    private static final String ARN = "arn:";

    private BedrockModel() {}

    /// Whether a path is a model's and asks for this verb. A prefix before it is a proxy's.
    static boolean isAsked(String verb, String path) {
        return path.contains(BEFORE) && path.endsWith(verb);
    }

    /// @param path behind the route's name
    static @Nullable ModelId of(String path) {
        int at = path.indexOf(BEFORE);
        int from = at + BEFORE.length();
        int to = path.lastIndexOf('/');
        return at >= 0 && to > from ? named(PathModel.decoded(path.substring(from, to))) : null;
    }

    /// @param id decoded, as it stands in a path or an answer
    static @Nullable ModelId named(String id) {
        int slash = id.lastIndexOf('/');
        boolean known = id.startsWith(ARN)
                && (id.contains(":inference-profile/") || id.contains(":foundation-model/"));
        String name = known ? id.substring(slash + 1) : id;
        return name.isEmpty() || name.length() > ModelId.LENGTH_MAX ? null : new ModelId(name);
    }

    /// Whether the id names a stored prompt, so that the body holds only its variables.
    static boolean isPrompt(@Nullable ModelId model) {
        return model != null && model.value().startsWith(ARN) && model.value().contains(":prompt/");
    }
}
