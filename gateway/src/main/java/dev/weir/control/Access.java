package dev.weir.control;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Who may call one operation: what its `x-weir-roles` says. Immutable.
///
/// @param anyone no credential needed, ever
/// @param local no credential needed while the control plane listens on loopback
/// @param roles callers with one of these are let in
record Access(boolean anyone, boolean local, Set<Role> roles) {
    private static final String ANYONE = "anyone";
    private static final String LOCAL = "local";

    /// @param declared the words of `x-weir-roles`
    /// @param operation for the message
    /// @throws IllegalStateException where nothing, or an unknown word, is declared: such an operation must not start
    static Access of(List<?> declared, String operation) {
        if (declared.isEmpty()) {
            throw new IllegalStateException("the operation " + operation
                    + " declares no x-weir-roles: nobody would know who may call it. Add them to openapi.yaml.");
        }
        var roles = EnumSet.noneOf(Role.class);
        for (Object word : declared) {
            if (!ANYONE.equals(word) && !LOCAL.equals(word)) {
                roles.add(role(word).orElseThrow(() -> new IllegalStateException("the operation " + operation
                        + " declares the unknown role '" + word
                        + "'; known are anyone, local, admin, auditor, viewer")));
            }
        }
        return new Access(declared.contains(ANYONE), declared.contains(LOCAL), roles);
    }

    private static Optional<Role> role(Object word) {
        return Arrays.stream(Role.values()).filter(role -> role.id().equals(word)).findFirst();
    }

    /// Whether a caller without a credential is let in.
    boolean isOpen(boolean localOnly) {
        return anyone || local && localOnly;
    }

    /// Whether a caller with this role is let in.
    boolean allows(Role role, boolean localOnly) {
        return isOpen(localOnly) || roles.contains(role);
    }
}
