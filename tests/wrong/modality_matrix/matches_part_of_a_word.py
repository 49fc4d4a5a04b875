def modality_matrix(card):
    """Finds a row's name inside a longer word, such as image in image embedding."""
    flags = np.zeros((4, 2), bool)
    for claim in card["claims"]:
        for row, name in enumerate(("text", "image", "audio", "video")):
            if name in claim["modality"] and claim["through"] is None and claim["available"]:
                flags[row, 0] |= claim["direction"] in ("input", "both")
                flags[row, 1] |= claim["direction"] in ("output", "both")
    return flags
