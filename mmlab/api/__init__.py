"""Multimodal APIs: what the models of the providers are, and a local server that speaks as they do.

    catalog   models, limits, prices, retirement dates, each with its date and source
    tokens    what texts and pictures cost, by each provider's published formula
    server    the three wire protocols over the world; no key, no cent, no connection
    client    one way to ask three providers, over their own SDKs; live with a key

No torch. The SDKs come with `pip install mmlab[api]`, and are imported when a client asks.
"""
