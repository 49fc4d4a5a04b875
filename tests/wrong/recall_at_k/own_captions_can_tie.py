def recall_at_k(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = owners[None] == np.arange(len(similarity))[:, None]
    best = np.where(own, similarity, -np.inf).max(axis=1, keepdims=True)
    rivals = (similarity >= best).sum(axis=1) - 1  # an own caption that ties counts as a rival
    others = (similarity >= similarity[owners, np.arange(len(owners))]).sum(axis=0) - 1
    return float((rivals < k).mean()), float((others < k).mean())
