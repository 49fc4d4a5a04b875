def recall_at_k(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    images = np.arange(len(similarity))
    to_text = owners[np.argsort(-similarity, axis=1)[:, :k]] == images[:, None]
    to_image = np.argsort(-similarity, axis=0)[:k] == owners
    return float(to_text.any(axis=1).mean()), float(to_image.any(axis=0).mean())
