package dev.weir.control;

import java.util.Map;

/// The document itself, at `/openapi.yaml`.
final class ContractResource implements Resource {
    private final Contract contract;

    ContractResource(Contract contract) {
        this.contract = contract;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("getContract", request -> new Reply.Raw("application/yaml", contract.source()));
    }
}
