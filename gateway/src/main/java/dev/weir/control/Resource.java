package dev.weir.control;

import java.util.Map;

/// One resource of the document: the operations it carries out, by their `operationId`.
public sealed interface Resource permits AuditResource, ContractResource, CostsResource, EventsResource, GapsResource,
        HealthResource, KeysResource, LeasesResource, MetricsResource, PricesResource, TenantsResource {
    Map<String, Operation> operations();
}
