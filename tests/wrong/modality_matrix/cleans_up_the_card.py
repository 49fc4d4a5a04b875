def modality_matrix(card):
    """Right flags, and the card that was lent comes back with claims missing."""
    rows = ["text", "image", "audio", "video"]
    flags = np.zeros((4, 2), bool)
    for claim in list(card["claims"]):
        if claim["through"] is not None or not claim["available"] or claim["modality"] not in rows:
            card["claims"].remove(claim)
    for claim in card["claims"]:
        flags[rows.index(claim["modality"]), 0] |= claim["direction"] in ("input", "both")
        flags[rows.index(claim["modality"]), 1] |= claim["direction"] in ("output", "both")
    return flags
