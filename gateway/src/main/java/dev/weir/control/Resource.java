package dev.weir.control;

import java.util.Map;

/// One resource of the document: the operations it carries out, by their `operationId`.
public sealed interface Resource permits AdminActionsResource, AlertsResource, AuditResource, BudgetsResource,
        CapacityResource, ContractResource, CostsResource, EventsResource, GapsResource, HealthResource, KeysResource,
        LeasesResource, LimitsResource, MetricsResource, PlansResource, PricesResource, QuotaResource, TenantsResource {
    Map<String, Operation> operations();
}
