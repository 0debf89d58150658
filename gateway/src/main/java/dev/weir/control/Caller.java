package dev.weir.control;

/// Who sent a request to the control plane, as far as it was proven.
sealed interface Caller {
    Caller NOBODY = new Nobody();

    /// Proven by a credential.
    ///
    /// @param name for the record of admin actions, never a secret
    record Known(Role role, String name) implements Caller {}

    /// No credential; only operations that are open let it in.
    record Nobody() implements Caller {}
}
