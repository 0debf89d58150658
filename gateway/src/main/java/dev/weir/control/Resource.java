package dev.weir.control;

import java.util.Map;

/// One resource of the document: the operations it carries out, by their `operationId`.
public sealed interface Resource permits AlertsResource, AuditResource, BudgetsResource, ContractResource,
        CostsResource, EventsResource, GapsResource,
        HealthResource, KeysResource, MetricsResource, PricesResource, TenantsResource {
    Map<String, Operation> operations();
}
