#!/usr/bin/env python3
"""Makes the shipped price book from a list of public prices.

usage: build/make-price-book.py LIST.json meter-engine/src/main/resources/dev/weir/rating/price-book.json

LIST.json: {"schema": 1, "currency": "USD", "as_of": DATE, "rows": [{"provider", "model", "region"?, "mode",
"effective_from", "effective_from_basis", "effective_to"?, "prices", "tiers"?, "service"?, "multipliers"?,
"max_input_tokens"?, "max_output_tokens"?}]}, prices as decimal strings in USD per 1,000,000 tokens, or per single unit
where the key ends in _each. Only prices of what Weir meters are taken over, and only models a client can name.
The output has one row on a line, in a stable order, so that two lists can be compared with diff.
"""
import json
import re
import sys
from decimal import Decimal

# Raised with every change of what this script takes over: a version of the book is never reused.
REVISION = 2
PROVIDERS = ["openai", "anthropic", "google", "vertex", "mistral", "cohere", "groq", "deepseek", "xai", "bedrock", "azure",
             "azure-ai"]
KINDS = ["input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning", "audio_in", "audio_out",
         "image_token_in", "image_token_out", "image_out_each", "second_in_each", "second_out_each",
         "audio_second_in_each", "character_in", "search_medium_each", "query_each", "request_each", "page_each"]
# Sizes and qualities spelt as models ("hd/1024-x-1792/dall-e-3"): no client sends these names. Those of models that are sold
# by the image become services of the model, "hd/1024x1792"; the others are sold by tokens.
VARIANT = re.compile(r"^(?:(low|medium|high|standard|hd)/)?(\d+)-x-(\d+)/(dall-e-\d)$")
NOT_A_MODEL = re.compile(r"-x-|/\d+-steps|^(low|medium|high|standard|hd)/")
# Foundry's models are answered by Azure.
RENAMED = {"azure-ai": "azure"}
SOURCE = ("github.com/BerriAI/litellm model_prices_and_context_window.json (MIT, community-maintained), "
          "by way of a dated list of facts; not an offer by any provider. Rows of provider `sandbox` are made up.")
SANDBOX = [
    {"provider": "sandbox", "model": "*", "prices": {"input": "0.5", "output": "2", "cache_read": "0.05",
     "cache_write": "0.625", "cache_write_1h": "1"}, "max_input_tokens": 128000, "max_output_tokens": 16384},
    {"provider": "sandbox", "model": "sandbox-large", "prices": {"input": "2.5", "output": "10", "cache_read": "0.25",
     "cache_write": "3.125", "cache_write_1h": "5"}, "max_input_tokens": 200000, "max_output_tokens": 32768},
    {"provider": "sandbox", "model": "sandbox-small", "prices": {"input": "0.1", "output": "0.4", "cache_read": "0.01",
     "cache_write": "0.125", "cache_write_1h": "0.2"}, "max_input_tokens": 128000, "max_output_tokens": 16384},
]


def known(prices):
    return {kind: prices[kind] for kind in KINDS if kind in prices}


def image_price(row, pixels):
    """What one image costs: the list has it per image, or per pixel with rounding that is undone to a tenth of a cent."""
    if "image_in_each" in row["prices"]:
        return Decimal(row["prices"]["image_in_each"])
    return (Decimal(row["prices"]["pixel_in_each"]) * pixels).quantize(Decimal("0.001")).normalize()


def image_services(rows):
    """Prices of the models sold by the image, by provider and model: {"hd/1024x1792": price}.

    Azure's rows have lost the quality; of two prices for a size the dearer is hd."""
    found = {}
    for row in rows:
        match = VARIANT.match(row["model"])
        if match and row["provider"] in ("openai", "azure"):
            quality, wide, high, model = match.groups()
            sizes = found.setdefault((row["provider"], model), {})
            sizes.setdefault((quality, f"{wide}x{high}"), []).append(image_price(row, int(wide) * int(high)))
    services = {}
    for model, sizes in found.items():
        named = services.setdefault(model, {})
        for (quality, size), prices in sizes.items():
            if quality is None and len(set(prices)) > 1:
                named["standard/" + size], named["hd/" + size] = min(prices), max(prices)
            else:
                named[f"{quality}/{size}" if quality else size] = prices[0]
    return services


def sold_by_the_image(rows):
    """One row a model: its usual price is that of the size and quality that providers take where none is asked for, each
    size is a service."""
    for (provider, model), services in sorted(image_services(rows).items()):
        yield {"provider": provider, "model": model, "prices": {"image_out_each": str(services.get("1024x1024", services.get("standard/1024x1024")))},
               "service": {name: {"prices": {"image_out_each": str(price)}} for name, price in sorted(services.items())}}


def tiers_of(holder):
    tiers = [{"input_tokens_above": tier["input_tokens_above"], "prices": known(tier["prices"])}
             for tier in holder.get("tiers", [])]
    return sorted((tier for tier in tiers if tier["prices"]), key=lambda tier: tier["input_tokens_above"])


def service_of(row):
    services = {}
    for name, service in sorted(row.get("service", {}).items()):
        prices, tiers = known(service["prices"]), tiers_of(service)
        if prices or tiers:
            services[name] = {"prices": prices, **({"tiers": tiers} if tiers else {})}
    return services


def convert(row):
    out = {"provider": RENAMED.get(row["provider"], row["provider"]), "model": row["model"]}
    if "region" in row:
        out["region"] = row["region"]
    # "listed-by": already listed on the first day of the history, so the price is older than that day.
    if row.get("effective_from_basis") == "first-seen":
        out["from"] = row["effective_from"]
    if "effective_to" in row:
        out["to"] = row["effective_to"]
    out["prices"] = known(row["prices"])
    for key, value in (("tiers", tiers_of(row)), ("service", service_of(row)), ("multipliers", row.get("multipliers"))):
        if value:
            out[key] = value
    for key in ("max_input_tokens", "max_output_tokens"):
        if row.get(key, 0) > 0:
            out[key] = row[key]
    return out


def main(source, target):
    with open(source, encoding="utf-8") as file:
        listed = json.load(file)
    if listed["schema"] != 1 or listed["currency"] != "USD":
        sys.exit(f"{source}: schema 1 in USD is needed, not {listed['schema']} in {listed['currency']}")
    images = list(sold_by_the_image(listed["rows"]))
    apart = {(row["provider"], row["model"]) for row in images}
    own_azure = {row["model"] for row in listed["rows"] if row["provider"] == "azure"}
    rows = [convert(row) for row in listed["rows"]
            if row["provider"] in PROVIDERS and not NOT_A_MODEL.search(row["model"])
            and (row["provider"], row["model"]) not in apart
            and not (row["provider"] == "azure-ai" and row["model"] in own_azure)]
    rows = [row for row in rows if row["prices"]] + images + SANDBOX
    rows.sort(key=lambda row: (row["provider"], row["model"], row.get("region", ""), row.get("from", "")))
    head = {"schema": 1, "version": f"list-{listed['as_of']}-{REVISION}", "as_of": listed["as_of"], "currency": "USD",
            "source": SOURCE}
    with open(target, "w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": [\n')
        file.write(",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows))
        file.write("\n]}\n")
    print(f"{target}: {len(rows)} rows as of {listed['as_of']}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
