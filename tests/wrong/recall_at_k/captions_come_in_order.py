def recall_at_k(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    counts = np.bincount(owners)
    ends = np.cumsum(counts)
    hits = []
    for row, end, count in zip(similarity, ends, counts):
        foreign = np.delete(row, slice(end - count, end))
        hits.append((foreign >= row[end - count : end].max()).sum() < k)
    others = (similarity >= similarity[owners, np.arange(len(owners))]).sum(axis=0) - 1
    return float(np.mean(hits)), float((others < k).mean())
