"""Multimodal APIs: one client for three providers, and a local server that implements their protocols.

    catalog    models, limits, prices and retirement dates, each with its date and source
    providers  what differs between the three providers: one record for each
    tokens     the number of tokens of text, images, audio and video, by each provider's formula
    proxies    keeps requests to this machine away from proxies
    server     the three wire protocols in front of a simulated model; no key, no cost, no network
    client     one interface to the three providers, built on their SDKs

The package does not need PyTorch. `pip install mmlab[api]` installs the SDKs, which the client imports
at its first request.
"""
