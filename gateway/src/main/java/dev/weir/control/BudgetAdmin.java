package dev.weir.control;

import dev.weir.postgres.AlertRow;
import dev.weir.postgres.Alerts;
import dev.weir.postgres.BudgetRow;
import dev.weir.tenant.Budget;
import dev.weir.tenant.TenantId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Budgets and alerts as an administrator sees and changes them. Calls may wait; virtual threads only.
public interface BudgetAdmin {
    /// Where a budget's alerts are to go.
    sealed interface Webhook {
        /// Nowhere.
        record None() implements Webhook {}

        /// There, signed with the secret that is stored already.
        record Kept(String url) implements Webhook {}

        /// There, signed with a new secret.
        ///
        /// @param secret `whsec_` and base64 of 24 to 64 bytes
        record Signed(String url, String secret) implements Webhook {}
    }

    /// @return empty where the tenant has a budget of that id, or is not there
    Optional<BudgetRow> create(Budget budget, Webhook webhook);

    /// @param webhook [Webhook.Kept] only where there is one already
    /// @return empty where there is no such budget
    Optional<BudgetRow> change(Budget budget, Webhook webhook);

    /// @return false where there is no such budget
    boolean delete(TenantId tenant, String id);

    Optional<BudgetRow> budget(TenantId tenant, String id);

    /// @param tenant whose, null for all
    /// @param after the last one of the page before, null for the first page; ascending by tenant and id
    List<BudgetRow> budgets(@Nullable TenantId tenant, @Nullable Place after, int limit);

    /// A budget's place in the list.
    record Place(TenantId tenant, String id) {}

    /// Where the budget stands, by the entity that has used the most; empty where nobody has used anything in this period.
    Optional<dev.weir.ledger.Standing> standing(Budget budget);

    /// Sends a test to the budget's webhook, now and once.
    ///
    /// @return what came of it; empty where the budget is not there or has no webhook
    Optional<AlertRow> test(Budget budget);

    /// @param tenant whose, null for all
    /// @param state only those, null for all
    /// @param after the last one of the page before, null for the first page; newest first
    List<AlertRow> alerts(@Nullable TenantId tenant, AlertRow.@Nullable State state, Alerts.@Nullable Position after,
            int limit);

    Optional<AlertRow> alert(String id);

    /// Sends an alert again that was given up or delivered.
    ///
    /// @return empty where it is neither
    Optional<AlertRow> redeliver(AlertRow alert);
}
