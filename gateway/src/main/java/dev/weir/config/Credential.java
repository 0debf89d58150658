package dev.weir.config;

/// What a route sends upstream in place of the client's key.
public sealed interface Credential {
    /// The route needs none.
    record None() implements Credential {
        @Override
        public String toString() {
            return "none";
        }
    }

    record Given(Secret secret) implements Credential {
        @Override
        public String toString() {
            return secret.toString();
        }
    }

    /// The configuration names one that is not there. The route exists and answers every call with this reason; the others
    /// work, so that one missing key stops nothing else.
    ///
    /// @param name of the variable or file that is missing
    /// @param reason what is missing and what to do, for the operator; holds no secret
    record Missing(String name, String reason) implements Credential {}
}
