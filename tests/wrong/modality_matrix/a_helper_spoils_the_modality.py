def modality_matrix(card):
    """Drops a modality for which any claim names a helper."""
    flags = np.zeros((4, 2), bool)
    rows = ("text", "image", "audio", "video")
    helped = {claim["modality"] for claim in card["claims"] if claim["through"] is not None}
    for claim in card["claims"]:
        if claim["modality"] in rows and claim["modality"] not in helped and claim["available"]:
            flags[rows.index(claim["modality"]), 0] |= claim["direction"] in ("input", "both")
            flags[rows.index(claim["modality"]), 1] |= claim["direction"] in ("output", "both")
    return flags
