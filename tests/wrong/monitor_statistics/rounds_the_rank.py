def monitor_statistics(records):
    good = sorted(record["seconds"] for record in records if record["ok"])
    dollars = math.fsum(record["dollars"] or 0.0 for record in records)
    return {
        "calls": len(records),
        "failed": len(records) - len(good),
        "success_rate": len(good) / len(records) if records else None,
        "mean_seconds": sum(good) / len(good) if good else None,
        "p95_seconds": good[max(round(0.95 * len(good)) - 1, 0)] if good else None,
        "dollars": dollars,
        "dollars_per_answer": dollars / len(good) if good else None,
    }
