package dev.weir.postgres;

/// The two ways to read, one for each kind of [Scope].
///
/// @param app as `weir_app`, a tenant set for each transaction
/// @param auditor as `weir_auditor`, sees all
record Readers(Client app, Client auditor) {
    <T> T read(Scope scope, Client.Work<T> work) {
        return switch (scope) {
            case Scope.One one -> app.asTenant(one.tenant(), work);
            case Scope.Everything _ -> auditor.use(work);
        };
    }
}
